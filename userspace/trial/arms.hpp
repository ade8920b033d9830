// SPDX-License-Identifier: MIT
// Arms by their names: what a run of each is started with. Sets nothing itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rocmfix/error.hpp"

namespace rocmfix::trial {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct BootParameter {
  std::string name;
  std::string with;
  std::string without;
};

struct Factor {
  std::string name;
  std::string summary;
  Variables set;
  std::string plan;  ///< a variable that is to have the value of rocmfix-run's plan; empty: none
  bool livepatch = false;
  std::optional<BootParameter> boot;
};

struct Arm {
  std::string name;
  std::vector<Factor> factors;

  [[nodiscard]] bool needs_livepatch() const;
  [[nodiscard]] const Factor* boot_factor() const;  ///< nullptr: none
  /// On top of the user's environment; the last of a name counts.
  [[nodiscard]] Variables variables() const;
};

/// "safe", "miopen-solvers", "stock+HSA_ENABLE_SDMA=0". Errors: invalid, with the names there are.
Result<Arm> parse_arm(std::string_view text);

/// "stock,safe,interposer": at least two, none twice. Errors: those of parse_arm().
Result<std::vector<Arm>> parse_arms(std::string_view text);

/// Factors that a factor has no effect without.
std::vector<std::string> needs_of(std::string_view factor);

/// Name and summary of every arm, factor and mitigation, for a person.
std::vector<std::pair<std::string, std::string>> list_arms();

/// `factors` are given their values, `values` being what rocmfix-run would set. Errors:
/// not_applicable for a factor that cannot be set.
Result<void> complete_with_plan(std::vector<Arm>& arms, const Variables& values);

}  // namespace rocmfix::trial
