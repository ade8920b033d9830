// SPDX-License-Identifier: MIT
// A trial under way: the next run, its diagnosis, its entry in the journal, until there is a reason
// to end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rocmfix/fault_rules.hpp"
#include "rocmfix/gpu.hpp"
#include "trial/command.hpp"
#include "trial/design.hpp"
#include "trial/judge.hpp"
#include "trial/trial.hpp"

namespace rocmfix::trial {

class Session {
 public:
  Session(const Root& root, Plan plan, Journal journal, FaultRules rules, Success success, Say say);

  /// Takes up the runs that the journal has. Errors: invalid, for runs that the plan does not have.
  Result<void> take_up();
  Findings run();

 private:
  struct Next {
    Slot slot;
    Arm arm;
  };
  /// nullopt: there is none, and `end` says why.
  std::optional<Next> choose(End& end, std::string& next);
  [[nodiscard]] std::optional<Next> choose_for_bisection(End& end);
  [[nodiscard]] Bisection bisect_so_far() const;
  [[nodiscard]] bool possible(const Arm& arm) const;
  [[nodiscard]] std::string reboot_advice() const;
  [[nodiscard]] End end_so_far() const;
  Result<void> set_driver(bool livepatch);
  Result<void> make_run(const Next& next);
  Result<Run> perform(const Next& next, Run run);
  [[nodiscard]] Start start_of(const Arm& arm, const std::string& incidents, Judge& judge,
                               BoundedText& log) const;
  void take(const Run& run);
  void note_load(const Run& run) const;
  void report(const Run& run) const;

  const Root& root_;
  Plan plan_;
  Journal journal_;
  FaultRules rules_;
  Success success_;
  Say say_;
  StopSignals signals_;
  std::vector<Gpu> gpus_;
  std::vector<Run> runs_;
  std::vector<std::string> names_;
  std::uint64_t elapsed_ms_ = 0;
  std::uint64_t next_number_ = 1;
  bool with_load_ = false;
};

/// rocmfix-run, next to this program. Errors: failed, where it is not.
Result<std::string> find_launcher();

}  // namespace rocmfix::trial
