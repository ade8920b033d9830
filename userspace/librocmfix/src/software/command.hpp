// SPDX-License-Identifier: MIT
// From the words of a command to the file that runs in the end: wrappers such as env(1) and
// nice(1), the PATH, and the first line of a script are followed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "software/lookup.hpp"

namespace rocmfix::detail {

struct Program {
  enum class Kind : std::uint8_t { unknown, python, binary };
  Kind kind = Kind::unknown;
  std::string file;                    ///< absolute, its links not resolved
  std::vector<std::string> arguments;  ///< after it
  std::string why;                     ///< unknown: a clause
};

/// The rule of the command that `words` are, by its words alone; nullptr: there is none.
const CommandRule* rule_of_words(std::span<const std::string> words);

/// Where the command begins that the words of a wrapper, or of sudo and the like, lead to; 0: there
/// is none.
std::size_t inner_command(const CommandRule& rule, std::span<const std::string> words);

/// As execvp(3) searches; empty: not found.
std::string find_in_path(const std::string& word, const Lookup& lookup);

/// Assignments of env(1) go into the lookup's environment.
Program find_program(std::span<const std::string> words, Lookup& lookup);

/// What that program loads; what was learnt goes into the lookup's details and the cache.
Software examine(std::span<const std::string> words, Lookup& lookup);

}  // namespace rocmfix::detail
