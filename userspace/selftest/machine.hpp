// SPDX-License-Identifier: MIT
// The machine that is tested, as far as it matters for a result: read from files, before any test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rocmfix/error.hpp"
#include "rocmfix/gpu.hpp"

namespace rocmfix::selftest {

struct Machine {
  bool simulated = false;
  std::string kernel;
  std::string distribution;
  std::vector<Gpu> gpus;  ///< those that rocmfix is for
  /// What is in force of the driver's settings: "noretry" of amdgpu, "mtype" and "noretry" of the
  /// patched driver for each card.
  std::vector<std::pair<std::string, std::string>> driver;
  /// Variables of HIP, ROCr and rocmfix that are set.
  std::vector<std::pair<std::string, std::string>> environment;
  std::uint64_t compute_programs = 0;  ///< that use KFD already
};

/// Errors: not_applicable where there is no GPU that this is for.
Result<Machine> read_machine();

}  // namespace rocmfix::selftest
