// SPDX-License-Identifier: MIT
// Reads builds.toml, for the administrator's file and for the tests of the shipped one.
#pragma once

#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/builds.hpp"

namespace rocmfix {

struct BuildTables {
  std::vector<Framework> frameworks;
  std::vector<Build> builds;
};

/// Errors: invalid with "origin:line: what". Whether a framework that is named exists is known only
/// when the file is laid over the built-in one.
Result<BuildTables> parse_builds(std::string_view text, std::string_view origin, TomlArena& arena);

}  // namespace rocmfix
