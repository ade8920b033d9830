// SPDX-License-Identifier: MIT
// Reads faults.toml, for the build (the shipped file) and for FaultRules::load() (a user's).
#pragma once

#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/fault_rules.hpp"

namespace rocmfix {

struct FaultTables {
  std::vector<FaultType> types;
  std::vector<FaultReason> reasons;
  std::vector<FaultPattern> patterns;
  std::vector<FaultCause> causes;
  std::vector<ClientTable> clients;
};

/// Errors: invalid with "origin:line: what". Looks at the form only: FaultMatcher::fault_of() says
/// whether a pattern can be used.
Result<FaultTables> parse_fault_tables(std::string_view text, std::string_view origin,
                                       TomlArena& arena);

}  // namespace rocmfix
