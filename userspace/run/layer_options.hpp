// SPDX-License-Identifier: MIT
// What is asked of the interposer in the HIP process, and of the simulator: flags, then the
// variables that the interposer reads itself. Understood by the interposer's own parsers, so that
// what is accepted here is not ignored there.
#pragma once

#include <optional>
#include <string>

#include "rocmfix/error.hpp"

namespace rocmfix::run {

/// As typed; nullptr: not given.
struct LayerFlags {
  const char* simulate = nullptr;
  const char* coherence = nullptr;
  const char* communicators = nullptr;
  const char* vram_cap = nullptr;
  const char* out_of_memory = nullptr;
  bool no_hip = false;
  std::optional<bool> verbose_layer;  ///< by --verbose or --quiet
};

struct LayerOptions {
  bool enabled = true;    ///< not --no-hip, nor ROCMFIX_HIP=0
  std::string simulated;  ///< the cards of --simulate or ROCMFIX_SIM; empty: none
  LayerFlags flags;       ///< what has to be passed on; the variables are inherited
  /// Of /etc/rocmfix/communicators.toml, filled in when that is read.
  std::string added_communicators;
};

/// Errors: invalid, with a hint, for a value that the interposer would not understand.
Result<LayerOptions> complete_layer(const LayerFlags& flags);

}  // namespace rocmfix::run
