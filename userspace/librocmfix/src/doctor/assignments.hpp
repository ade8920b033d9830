// SPDX-License-Identifier: MIT
// Where environment variables are set for good: login files, shells' files, systemd's units. They
// are read as text: no shell is started, nothing is expanded, and a value that would have to be
// expanded is left out.
//
// Files are hostile until checked: only regular ones are read, and their size and number are
// bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/check.hpp"

namespace rocmfix::detail {

enum class AssignedIn : std::uint8_t {
  environment_file,  ///< NAME=VALUE a line: /etc/environment, environment.d
  shell,             ///< sh, bash, zsh: `export NAME=VALUE`
  fish,              ///< `set -gx NAME VALUE`
  fish_universal,    ///< fish_variables, which fish itself writes
  unit,              ///< systemd: Environment=, of a service or its drop-in
  user_unit,         ///< the same of the user's own manager
};

struct Assignment {
  std::string name;
  std::string value;
  AssignedIn kind = AssignedIn::shell;
  std::string file;      ///< path inside the root
  unsigned line = 0;     ///< 1-based
  std::string unit;      ///< of a unit: "ollama.service"
  bool exported = true;  ///< false: a variable of the shell, which programs do not get
};

struct Assignments {
  std::vector<Assignment> found;       ///< what programs get
  std::vector<Assignment> unexported;  ///< what the shell keeps to itself
  std::vector<std::string> unread;     ///< "PATH: Permission denied"
};

/// Those of the variables that the policy knows, NAME_<N> included.
Assignments find_assignments(const Subject& subject);

/// The assignments in one file's text, also those that are not exported; `line` is set, `file` is
/// not. A shell's local variables are left out. Of a unit, what
/// EnvironmentFile= names comes as an assignment to a variable without a name.
std::vector<Assignment> parse_assignments(std::string_view text, AssignedIn kind);

}  // namespace rocmfix::detail
