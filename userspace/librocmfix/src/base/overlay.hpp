// SPDX-License-Identifier: MIT
// The files in /etc/rocmfix that are laid over the built-in tables.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

constexpr std::size_t max_overlay_bytes = 1U << 20U;  // ours are below 100 KiB

/// nullopt: there is none. Errors: those of Root::read_regular().
inline Result<std::optional<std::string>> read_overlay(const Root& root, std::string_view path) {
  return root.read_regular(path, max_overlay_bytes);
}

}  // namespace rocmfix::detail
