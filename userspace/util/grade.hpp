// SPDX-License-Identifier: MIT
// How well something in the tables is known, for people: the tables have letters.
#pragma once

#include <string_view>

namespace rocmfix {

/// Of "S", "U", "S, U" or "?"; what else a table or another process says is not verified either.
constexpr std::string_view grade_in_words(std::string_view grade) {
  if (grade == "S") {
    return "read in source";
  }
  if (grade == "U") {
    return "reported by users";
  }
  return grade == "S, U" ? "read in source, reported by users" : "not verified";
}

}  // namespace rocmfix
