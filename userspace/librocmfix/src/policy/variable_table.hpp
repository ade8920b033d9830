// SPDX-License-Identifier: MIT
// The table that the build makes from userspace/data/variables.toml.
#pragma once

#include <span>
#include <string_view>

namespace rocmfix::tables {

extern const std::span<const std::string_view> runtime_variables;  ///< sorted

}  // namespace rocmfix::tables
