// SPDX-License-Identifier: MIT
// Which lines of a log or of a shell's file a report has. The others become empty: lines keep
// their numbers.
#pragma once

#include <string>
#include <string_view>

#include "base/root_recorder.hpp"
#include "explain/fault_matcher.hpp"
#include "rocmfix/fault_rules.hpp"
#include "rocmfix/policy.hpp"

namespace rocmfix::detail {

class KeptLines {
 public:
  /// Both outlive it.
  KeptLines(const Policy& policy, const FaultRules& rules)
      : policy_(policy), matcher_(rules.patterns()) {}

  [[nodiscard]] std::string of(std::string_view text, ReadFor purpose) const;

 private:
  [[nodiscard]] bool is_about_gpus(std::string_view line) const;
  [[nodiscard]] bool sets_known_variable(std::string_view line) const;

  const Policy& policy_;
  FaultMatcher matcher_;
};

}  // namespace rocmfix::detail
