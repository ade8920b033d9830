// SPDX-License-Identifier: MIT
// A line of a shell's file, taken apart as far as that needs no shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::detail {

struct ShellWord {
  std::string text;       ///< without its quotes
  bool expanded = false;  ///< a shell would replace something in it: its value is not known
};
using ShellCommand = std::vector<ShellWord>;

/// What ';', '&', '|' and brackets separate. A comment ends the line.
std::vector<ShellCommand> shell_commands(std::string_view line);

/// The same for what systemd splits at blanks alone: one command.
ShellCommand quoted_words(std::string_view line);

}  // namespace rocmfix::detail
