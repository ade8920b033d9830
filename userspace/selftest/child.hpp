// SPDX-License-Identifier: MIT
// Runs one test in a process of its own, with a time limit, and says what became of it: from what
// the process wrote, how it ended, and what the runtime wrote of a GPU fault.
#pragma once

#include <string>
#include <vector>

#include "selftest/test.hpp"

namespace rocmfix::selftest {

struct Limits {
  double grace_s = 60;          ///< beyond its own time; then it hangs
  double report_within_s = 10;  ///< a fault on purpose
};

struct Run {
  Outcome outcome = Outcome::failed;
  std::string detail;
  double seconds = 0;
  std::vector<Figure> figures;
  std::string said;  ///< the end of what it wrote to stderr
};

/// Ctrl-C and SIGTERM end the test that runs, and stop_requested() is true from then on.
void watch_stop_signals();
bool stop_requested();

/// Uses no HIP in this process.
Run run_test(const Test& test, const Task& task, const Limits& limits);

}  // namespace rocmfix::selftest
