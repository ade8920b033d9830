// SPDX-License-Identifier: MIT
// A word as a POSIX shell has to be given it.
#pragma once

#include <string>
#include <string_view>

namespace rocmfix {

inline std::string shell_word(std::string_view word) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

/// The command that opens a file of root's. Its name may be anybody's: a report's, for one.
inline std::string edit_command(std::string_view file) {
  return "sudoedit " + shell_word(file);
}

}  // namespace rocmfix
