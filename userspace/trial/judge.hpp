// SPDX-License-Identifier: MIT
// What ended a run: the crash reports of the supervisor (rocmfix-run), which has asked the HIP
// interposer and the kernel's log, and the faults that the run's own output reports, by the same
// rules as `rocmfix explain`. Every arm is judged by the same evidence, except that only an arm
// with the interposer has its report: docs/trial.md says what that means.
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <string_view>

#include "rocmfix/fault_rules.hpp"
#include "trial/command.hpp"
#include "trial/run.hpp"

namespace rocmfix::trial {

/// What a run that is well prints; without one, it ends with status 0.
class Success {
 public:
  /// "EXIT", "EXIT:3", or an extended regular expression, to be found in a line of the output.
  /// Errors: invalid.
  static Result<Success> parse(const std::string& text);

  [[nodiscard]] bool wants_line() const { return expression_ != nullptr; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool matches(const std::string& line) const;

 private:
  std::shared_ptr<const regex_t> expression_;
  int status_ = 0;
};

class Judge {
 public:
  Judge(const FaultRules& rules, const Success& success);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  ~Judge();

  /// Output, as it comes.
  void output(std::string_view bytes);
  /// `incidents`: the directory that the supervisor was given for its reports. Sets outcome, why
  /// and ms.
  void conclude(const Ended& ended, const std::string& incidents, Run& run);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rocmfix::trial
