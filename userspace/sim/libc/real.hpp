// SPDX-License-Identifier: MIT
// The function that this library stands in for, in whatever comes after it.
#pragma once

#include <dlfcn.h>

#include <cstdlib>

// The next definition of the enclosing function's name, looked up once.
#define ROCMFIX_REAL(name)                                                                  \
  ([]() -> decltype(&::name) {                                                              \
    static const auto found = reinterpret_cast<decltype(&::name)>(dlsym(RTLD_NEXT, #name)); \
    return found != nullptr ? found : (std::abort(), found);                                \
  }())

#define ROCMFIX_EXPORT extern "C" __attribute__((visibility("default")))
