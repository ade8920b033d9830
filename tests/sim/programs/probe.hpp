// SPDX-License-Identifier: MIT
// What the probe programs share: marks in the simulator's journal, commands to it, checks.
#pragma once

#ifndef __HIP_PLATFORM_AMD__
#define __HIP_PLATFORM_AMD__ 1
#endif
#include <dlfcn.h>
#include <hip/hip_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace probe {

/// What follows in the journal belongs to `what`. Does nothing without the simulator.
inline void mark(const char* what) {
  using Mark = void (*)(const char*);
  static const auto found = reinterpret_cast<Mark>(dlsym(RTLD_DEFAULT, "rocmfix_sim_mark"));
  if (found != nullptr) {
    found(what);
  }
}

/// A command to the simulator (a fault, ...); ends the program if it is not accepted.
inline void command(const std::string& json) {
  using Control = int (*)(const char*);
  static const auto found = reinterpret_cast<Control>(dlsym(RTLD_DEFAULT, "rocmfix_sim_control"));
  if (found == nullptr || found(json.c_str()) != 0) {
    std::fprintf(stderr, "probe: command not accepted: %s\n", json.c_str());
    std::exit(3);
  }
}

inline void require(hipError_t error, const char* what) {
  if (error != hipSuccess) {
    std::printf("FAILED %s: %s\n", what, hipGetErrorName(error));
    std::fflush(stdout);
    std::exit(1);
  }
}

inline void require(bool right, const char* what) {
  if (!right) {
    std::printf("FAILED %s\n", what);
    std::fflush(stdout);
    std::exit(1);
  }
}

}  // namespace probe

#define REQUIRE(call) probe::require((call), #call)
