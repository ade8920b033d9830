// SPDX-License-Identifier: MIT
// The displays that are connected to a GPU, as the kernel remembers it: nothing is probed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// "DP-1", "HDMI-A-1"; nullopt: the GPU has no DRM card, or the root does not show it.
std::optional<std::vector<std::string>> connected_displays(const Root& root,
                                                           const std::string& bdf);

}  // namespace rocmfix::detail
