// SPDX-License-Identifier: MIT
// The one comparison of kernel releases.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace rocmfix {

/// Orders "6.1.0-56-amd64" and "7.2" by their leading numbers; missing parts count as 0.
/// nullopt when either does not begin with a number.
std::optional<std::strong_ordering> compare_kernels(std::string_view a, std::string_view b);

}  // namespace rocmfix
