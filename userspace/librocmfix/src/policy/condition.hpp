// SPDX-License-Identifier: MIT
// Whether a policy entry applies to a machine: what the keys of settings.toml's `when` mean.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/rule_engine.hpp"
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

struct SettingKey {
  using Holds = bool (*)(const ConditionFacts& facts, const Clause& clause);

  detail::KeyForm form;
  Holds holds;
  bool of_software = false;  ///< it depends on what the program carries, which costs to find out
  /// What can be told of it before that; null: nothing, it may hold.
  Holds may_hold = nullptr;
  bool of_target = false;  ///< on what the judged value names
};

/// In the order of settings.toml, which says what each means.
std::span<const SettingKey> setting_keys();

/// True when every clause of `when` is known and holds.
bool holds(Clauses when, const ConditionFacts& facts);

/// What of `when` can be evaluated without examining the program holds.
bool may_hold(Clauses when, const ConditionFacts& facts);
/// Whether `when` depends on what the program carries.
bool asks_for_software(Clauses when);

}  // namespace rocmfix
