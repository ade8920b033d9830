// SPDX-License-Identifier: MIT
// What the process of a test writes to its stdout, a line each: "figure NAME VALUE" as often as it
// likes, "armed" when it has done what must be reported as a fault, and at its end "OUTCOME
// DETAIL".
#pragma once

#include <string>
#include <string_view>

#include "selftest/test.hpp"

namespace rocmfix::selftest {

void say_figure(const char* name, double value);
void say_armed();

/// The last thing that a test does.
[[noreturn]] void finish(Outcome outcome, const std::string& detail);

/// What was read of it so far.
struct Said {
  bool armed = false;
  bool finished = false;
  Outcome outcome = Outcome::failed;
  std::string detail;
  std::vector<Figure> figures;

  /// A whole line; what is not understood is no verdict. The litmus test's words are understood.
  void take(std::string_view line);
};

}  // namespace rocmfix::selftest
