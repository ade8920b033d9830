// SPDX-License-Identifier: MIT
// The litmus test's cases: message passing between a running kernel and a CPU, or another process's
// kernel. What each kind of memory promises is in litmus/cases.hpp.
#include <unistd.h>

#include <algorithm>

#include "selftest/hip/runtime.hpp"
#include "selftest/litmus/cases.hpp"
#include "selftest/litmus/options.hpp"
#include "selftest/test.hpp"
#include "selftest/verdict.hpp"

namespace rocmfix::selftest {

void test_coherence(const Task& task, int litmus_case) {
  if (const auto loaded = load_hip(task.hip); !loaded) {
    finish(Outcome::unavailable, loaded.error().what);
  }
  constexpr double rounds_a_second = 2000;  // slow enough for a simulated card
  litmus::Options options;
  options.child = litmus::cases[litmus_case].name;
  options.shared = litmus::shared_name(getpid());
  options.rounds =
      static_cast<std::uint32_t>(std::clamp(task.seconds * rounds_a_second, 200.0, 1e8));
  options.device = task.device;
  options.code = task.code;
  litmus::run_child(options);
}

}  // namespace rocmfix::selftest
