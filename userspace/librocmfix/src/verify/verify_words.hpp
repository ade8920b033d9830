// SPDX-License-Identifier: MIT
// Words that the parts of `verify` share.
#pragma once

#include <optional>
#include <string>

namespace rocmfix::detail {

inline constexpr const char* apply_hint = "sudo rocmfix apply";

inline std::string shown(const std::optional<std::string>& value) {
  return value && !value->empty() ? *value : "none";
}

}  // namespace rocmfix::detail
