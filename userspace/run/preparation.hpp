// SPDX-License-Identifier: MIT
// From the machine's facts to the environment of one launch.
//
// Reads sysfs, and the command's own files where HSA_OVERRIDE_GFX_VERSION may depend on them: no
// module, no initramfs, and no TOML unless /etc/rocmfix/ has some. Changes nothing but the cache
// of what libraries carry, not even this process's environment.
#pragma once

#include <vector>

#include "options.hpp"
#include "preload.hpp"
#include "rocmfix/environment.hpp"
#include "rocmfix/gpu.hpp"
#include "rocmfix/outside.hpp"

namespace rocmfix::run {

struct Preparation {
  std::vector<Gpu> gpus;        ///< every AMD GPU, supported or not
  bool supported = false;       ///< one of them may be touched
  bool layered = false;         ///< the command gets librocmfix-hip.so
  EnvironmentPlan environment;  ///< what --dry-run shows; the preload's changes are in it
  Carried carried;              ///< what a container of the command's needs besides
  Preload preload;              ///< empty unless `supported` or simulated
};

/// Errors: io when the root cannot be opened, invalid when a file in /etc/rocmfix/ cannot be used.
Result<Preparation> prepare(const Options& options);

/// Whether a process of ours stays: with nothing to supervise, none does.
bool is_supervised(const Options& options, const Preparation& preparation);

}  // namespace rocmfix::run
