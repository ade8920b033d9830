// SPDX-License-Identifier: MIT
// Whether a policy entry applies to a machine.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "rocmfix/plan.hpp"

namespace rocmfix {

/// What a condition is evaluated on. `value` is the judged value, if there is one.
struct ConditionFacts {
  const Machine& machine;
  std::span<const Gpu> gpus;  ///< those that the entry is about: in the environment, the visible
  bool forced = false;
  std::optional<std::string_view> value;
  std::optional<std::string_view> configured;
};

/// True when every part of `when` that is set is known and holds.
bool holds(const Condition& when, const ConditionFacts& facts);

/// What of `when` can be evaluated without examining the program holds.
bool may_hold(const Condition& when, const ConditionFacts& facts);
/// Whether `when` depends on what the program carries.
bool asks_for_software(const Condition& when);

}  // namespace rocmfix
