// SPDX-License-Identifier: MIT
// Reads gpus.toml and settings.toml. One parser for both its users: the build, which turns the
// shipped files into constant tables, and Policy::load(), which reads a user's overlay.
#pragma once

#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/policy.hpp"

namespace rocmfix {

/// `origin` names the file in errors. Errors: invalid with "origin:line: what", and a hint with
/// the keys or words that are allowed there.
Result<std::vector<Chip>> parse_chips(std::string_view text, std::string_view origin,
                                      TomlArena& arena);
Result<std::vector<Setting>> parse_settings(std::string_view text, std::string_view origin,
                                            TomlArena& arena);

}  // namespace rocmfix
