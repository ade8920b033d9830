// SPDX-License-Identifier: MIT
// ROCMFIX_* as rocmfix-run reads them: set to nothing is not set, and what cannot be understood is
// an error, never ignored. Changes no variable.
#pragma once

#include <string>
#include <string_view>

#include "rocmfix/error.hpp"

namespace rocmfix::run {

inline constexpr std::string_view see_help = "see rocmfix-run --help";

/// For exit status 2.
Error usage_error(std::string what, std::string_view hint = see_help);

/// What somebody typed, for a message: of a long text the beginning, and its length.
std::string shortened(std::string_view text, char quote = '\0');
inline std::string quoted(std::string_view text) {
  return shortened(text, '\'');
}

/// nullptr: not set, or set to nothing: `ROCMFIX_ROOT= rocmfix-run ...` is how a shell user takes
/// one back for a single call.
const char* own_variable(const char* name);

/// 1, y, yes, true, on and their opposites. Errors: invalid for any other value.
Result<bool> read_switch(const char* name, bool otherwise = false);

}  // namespace rocmfix::run
