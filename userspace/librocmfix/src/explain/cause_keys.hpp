// SPDX-License-Identifier: MIT
// Whether a cause fits an incident: what the keys of faults.toml's `when` mean.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/rule_engine.hpp"
#include "explain/fault_facts.hpp"
#include "rocmfix/fault_rules.hpp"

namespace rocmfix {

/// An incident and what was said before it, and the lines that a condition holds for.
class IncidentFacts {
 public:
  /// Only facts up to line `until` count.
  IncidentFacts(const std::vector<FaultEvent>& events, const FaultFacts& facts, std::uint64_t until)
      : events_(events), facts_(facts), until_(until) {}

  /// What supports `when`, if it holds.
  std::optional<std::vector<EvidenceLine>> support(Clauses when);

  // For the keys. What holds adds its line to the evidence.

  /// Some event is of one of these types.
  [[nodiscard]] bool has_event(Strings types) const;
  /// Some event, of a type that the condition requires, satisfies `test`.
  template <class Test>
  bool some(FaultField field, Test test);
  bool some_required();
  /// A fact by its name, or as "name=begin" of its latest value.
  [[nodiscard]] bool is_known(std::string_view fact) const;
  bool seen(std::string_view fact);
  bool seen_several_times(std::string_view fact);
  /// The kernel of the log is known and is below `bound`, or with `below` false, is not.
  bool kernel(std::string_view bound, bool below);
  /// The kernel of the log is known, and has noretry=1 by itself or not.
  bool noretry_default(bool wanted);

 private:
  [[nodiscard]] const FaultFacts::Seen* find(std::string_view fact) const;
  void add(const EvidenceLine& line);
  void add(const FaultEvent& event, std::uint32_t fields);

  const std::vector<FaultEvent>& events_;
  const FaultFacts& facts_;
  std::uint64_t until_;
  Strings required_;  // the types of events of the condition at hand
  std::vector<EvidenceLine> evidence_;
};

using CauseKey = detail::ConditionKey<IncidentFacts>;

/// In the order of faults.toml, which says what each means.
std::span<const CauseKey> cause_keys();

}  // namespace rocmfix
