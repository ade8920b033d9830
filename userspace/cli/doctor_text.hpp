// SPDX-License-Identifier: MIT
// How `rocmfix doctor` looks to a person: a header, a line a check, details of what is not ok.
#pragma once

#include <cstddef>
#include <string>

#include "rocmfix/doctor.hpp"

namespace rocmfix::cli {

/// What the output may use.
struct Style {
  std::size_t width = 80;  ///< columns
  bool color = false;      ///< SGR sequences
  bool signs = false;      ///< characters beyond ASCII
};

/// Of stdout: colours and signs only for a terminal that has them, without NO_COLOR.
Style style_of_stdout();

/// All of it, ready to print: what comes from elsewhere is printable(). `verbose`: the evidence of
/// every verdict.
std::string describe(const Examination& examination, bool verbose, const Style& style);

/// The section of docs/checks.md about a check.
std::string describe(const CheckText& text, const Style& style);

}  // namespace rocmfix::cli
