// SPDX-License-Identifier: MIT
// Reads mitigations.toml, for the build (the shipped file) and for Escalation::load() (a user's).
#pragma once

#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/escalation.hpp"

namespace rocmfix {

struct MitigationTables {
  std::vector<Mitigation> mitigations;  ///< by step
  RestartLimits limits;                 ///< 0 where the file says nothing
};

/// Errors: invalid with "origin:line: what".
Result<MitigationTables> parse_mitigations(std::string_view text, std::string_view origin,
                                           TomlArena& arena);

}  // namespace rocmfix
