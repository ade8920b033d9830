// SPDX-License-Identifier: MIT
// Which tests are run, for how long, and what came of all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "selftest/child.hpp"
#include "selftest/machine.hpp"
#include "selftest/test.hpp"

namespace rocmfix::selftest {

struct Options {
  std::vector<std::string> names;  ///< tests or groups; none: all
  double seconds = 600;            ///< for a round of all tests
  double soak_hours = 0;           ///< rounds are begun until then; 0: one round
  std::uint32_t seed = 0;
  bool faults = true;  ///< with the tests that fault on purpose
  Task task;           ///< of each test, but for seed and seconds
  Limits limits;
};

/// All rounds of a test.
struct TestResult {
  const Test* test = nullptr;
  Run gravest;  ///< the first complaint; else the last run
  std::uint64_t runs = 0;
  std::uint64_t complaints = 0;
  double seconds = 0;
};

struct Session {
  Options options;
  Machine machine;
  std::string began;  ///< UTC, "2026-11-27T23:10:00Z"
  std::vector<TestResult> results;
  std::uint64_t rounds = 0;
  bool complete = false;  ///< not interrupted
  double seconds = 0;
};

enum ExitStatus : int { all_right = 0, something_wrong = 1, usage = 2, not_here = 3 };

/// The tests of these names and groups, in the order of all_tests(); PyTorch's only with `torch`.
/// Errors: invalid, for a name that is none, or that needs --torch.
Result<std::vector<const Test*>> choose_tests(const std::vector<std::string>& names, bool torch);

/// `done` is called after each run.
Session run_session(const Options& options, Machine machine, const std::vector<const Test*>& chosen,
                    const std::function<void(const Test&, const Run&)>& done);

int exit_status(const Session& session);

/// {"right": 30, "unavailable": 3}
std::map<std::string, std::uint64_t> counts_of(const Session& session);

}  // namespace rocmfix::selftest
