// SPDX-License-Identifier: MIT
// Reads kernels.toml, for the build (the shipped file) and for KnownKernels::load().
#pragma once

#include <string_view>
#include <vector>

#include "base/toml_arena.hpp"
#include "rocmfix/known_kernels.hpp"

namespace rocmfix {

/// Errors: invalid with "origin:line: what".
Result<std::vector<KnownKernel>> parse_known_kernels(std::string_view text, std::string_view origin,
                                                     TomlArena& arena);

}  // namespace rocmfix
