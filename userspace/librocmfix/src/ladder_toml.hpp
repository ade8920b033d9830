// SPDX-License-Identifier: MIT
// Reads ladder.toml, for the build (the shipped file) and for Ladder::load() (a user's).
#pragma once

#include <string_view>
#include <vector>

#include "policy_toml.hpp"
#include "rocmfix/ladder.hpp"

namespace rocmfix {

struct LadderTables {
  std::vector<Rung> rungs;  ///< by step
  RestartLimits limits;     ///< 0 where the file says nothing
};

/// Errors: invalid with "origin:line: what".
Result<LadderTables> parse_ladder(std::string_view text, std::string_view origin,
                                  PolicyArena& arena);

}  // namespace rocmfix
