// SPDX-License-Identifier: MIT
// What the command loads before its own libraries: the interposer in the HIP process, the
// simulator, and the variables that both read.
//
// Appends to the user's LD_PRELOAD and drops nothing from it; leaves their HSA_TOOLS_LIB alone and
// says what that means. Changes no variable itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"
#include "rocmfix/environment.hpp"

namespace rocmfix::run {

/// To be set whatever is there: it holds what the user had, or they asked for it by a flag.
struct Preload {
  std::vector<EnvironmentChange> changes;
  std::vector<EnvironmentWarning> warnings;
};

/// `supported`: a GPU is there that the interposer may care for. Errors: not_applicable when a
/// library is not installed, invalid when its path cannot be in LD_PRELOAD.
Result<Preload> plan_preload(const Options& options, bool supported);

/// Next to the program in a build tree, in the library directory when installed. Errors as above.
Result<std::string> find_simulator();

/// `list` with `path` at its end; unchanged if it is in it. Blanks and colons separate (ld.so(8)).
std::string appended(std::string_view list, std::string_view path);

}  // namespace rocmfix::run
