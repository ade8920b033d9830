// SPDX-License-Identifier: MIT
// Reads communicators.toml, for the build (the shipped file) and for added_communicators().
#pragma once

#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/communicators.hpp"

namespace rocmfix {

/// Errors: invalid with "origin:line: what".
Result<std::vector<Communicator>> parse_communicators(std::string_view text,
                                                      std::string_view origin, TomlArena& arena);

}  // namespace rocmfix
