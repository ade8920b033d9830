// SPDX-License-Identifier: MIT
#include "selftest/session.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "rocmfix/printable.hpp"
#include "selftest/kernels/shared.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm broken_down{};
  ::gmtime_r(&now, &broken_down);
  std::array<char, 32> text{};
  return std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &broken_down) == 0
             ? ""
             : text.data();
}

bool makes_faults(const Test& test) {
  return test.group == "faults";
}

/// Why a test is left out; empty: it is not.
std::string reason_to_skip(const Test& test, const Options& options, const Machine& machine) {
  if (!makes_faults(test)) {
    return {};
  }
  if (!options.faults) {
    return "--no-faults";
  }
  if (machine.compute_programs > 0 && !machine.simulated) {
    return formatted("a fault could end what others compute: {} program{} the GPU",
                     machine.compute_programs, machine.compute_programs == 1 ? " uses" : "s use");
  }
  return {};
}

void add_run(TestResult& result, const Run& run) {
  const bool complaint = is_complaint(run.outcome);
  ++result.runs;
  result.seconds += run.seconds;
  result.complaints += complaint ? 1 : 0;
  if (result.runs == 1 || (complaint && result.complaints == 1) || result.complaints == 0) {
    result.gravest = run;
  }
}

/// What follows from another test's result: without a runtime there is nothing to test.
bool ends_the_session(const Test& test, const Run& run) {
  return test.group == "runtime" && run.outcome != Outcome::right;
}

}  // namespace

Result<std::vector<const Test*>> choose_tests(const std::vector<std::string>& names, bool torch) {
  std::vector<const Test*> chosen;
  const auto is = [](const Test& test, const std::string& name) {
    return test.name == name || test.group == name;
  };
  for (const std::string& name : names) {
    if (std::ranges::none_of(all_tests(), [&](const Test& test) { return is(test, name); })) {
      return fail({ErrorCode::invalid, formatted("there is no test or group '{}'", printable(name)),
                   0, "rocmfix-selftest --list"});
    }
    if (!torch && name.starts_with("torch")) {
      return fail({ErrorCode::invalid, formatted("'{}' needs a Python that has PyTorch", name), 0,
                   "--torch python3, or the one of the environment: --torch venv/bin/python"});
    }
  }
  for (const Test& test : all_tests()) {
    if (test.group == "torch" && !torch) {
      continue;
    }
    // The first test is what the others need, and says what was tested.
    if (names.empty() || test.group == "runtime" ||
        std::ranges::any_of(names, [&](const std::string& name) { return is(test, name); })) {
      chosen.push_back(&test);
    }
  }
  return chosen;
}

Session run_session(const Options& options, Machine machine, const std::vector<const Test*>& chosen,
                    const std::function<void(const Test&, const Run&)>& done) {
  Session session{.options = options,
                  .machine = std::move(machine),
                  .began = utc_now(),
                  .results = {},
                  .complete = true};
  double weights = 0;
  for (const Test* const test : chosen) {
    session.results.push_back({.test = test, .gravest = {}});
    weights += test->weight;
  }
  constexpr double seconds_an_hour = 3600;
  const auto start = Clock::now();
  do {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const Test& test = *chosen[i];
      Task task = options.task;
      task.seed = mixed(options.seed +
                        mixed(static_cast<std::uint32_t>(session.rounds * chosen.size() + i)));
      task.seconds = weights == 0 ? 0 : options.seconds * test.weight / weights;
      const std::string skipped = reason_to_skip(test, options, session.machine);
      const Run run = skipped.empty() ? run_test(test, task, options.limits)
                                      : Run{Outcome::skipped, skipped, {}, {}, {}};
      if (stop_requested()) {
        session.complete = false;
        break;
      }
      add_run(session.results[i], run);
      done(test, run);
      if (ends_the_session(test, run)) {
        session.complete = false;
        break;
      }
    }
    ++session.rounds;
  } while (session.complete && seconds_since(start) < options.soak_hours * seconds_an_hour);
  session.seconds = seconds_since(start);
  return session;
}

int exit_status(const Session& session) {
  const auto& first = session.results.front();
  if (first.runs > 0 && first.gravest.outcome == Outcome::unavailable) {
    return not_here;
  }
  const bool well = std::ranges::all_of(session.results,
                                        [](const TestResult& one) { return one.complaints == 0; });
  return well && session.complete ? all_right : something_wrong;
}

std::map<std::string, std::uint64_t> counts_of(const Session& session) {
  std::map<std::string, std::uint64_t> counts;
  for (const TestResult& result : session.results) {
    if (result.runs > 0) {
      ++counts[std::string(outcome_word(result.gravest.outcome))];
    }
  }
  return counts;
}

}  // namespace rocmfix::selftest
