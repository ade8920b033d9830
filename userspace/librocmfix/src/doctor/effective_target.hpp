// SPDX-License-Identifier: MIT
// What the runtime takes each GPU of a process for: its own target, or what
// HSA_OVERRIDE_GFX_VERSION names. Whether that is right is judged elsewhere (settings.toml).
#pragma once

#include <string>
#include <vector>

#include "rocmfix/plan.hpp"

namespace rocmfix::detail {

struct EffectiveTarget {
  Gpu gpu;
  std::string gfx;       ///< empty: the runtime rejects the variable, and finds no GPU
  std::string variable;  ///< that decides; empty: none
  std::string value;     ///< of that variable

  /// "gfx1031", "gfx1030 (gfx1031 with HSA_OVERRIDE_GFX_VERSION=10.3.0)"
  [[nodiscard]] std::string text() const;
};

/// The supported GPUs that the program sees and whose target is known.
std::vector<EffectiveTarget> effective_targets(const Machine& machine);

}  // namespace rocmfix::detail
