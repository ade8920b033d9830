// SPDX-License-Identifier: MIT
// The table that the build makes from userspace/data/trial.toml, which says what each field means.
#pragma once

#include <span>
#include <string_view>

#include "rocmfix/escalation.hpp"

namespace rocmfix::trial {

struct FactorEntry {
  std::string_view name;
  std::string_view summary;
  std::span<const Assignment> set;
  std::span<const std::string_view> needs;
  std::string_view plan;
  bool livepatch = false;
  std::string_view boot;
  std::string_view with;
  std::string_view without;
};

struct ArmEntry {
  std::string_view name;
  std::string_view summary;
  std::span<const std::string_view> factors;
};

extern const std::span<const Assignment> base_assignments;
extern const std::span<const FactorEntry> factor_entries;
extern const std::span<const ArmEntry> arm_entries;

}  // namespace rocmfix::trial
