// SPDX-License-Identifier: MIT
#include "trial/arms.hpp"

#include <algorithm>
#include <cctype>

#include "rocmfix/escalation.hpp"
#include "rocmfix/printable.hpp"
#include "trial/arm_table.hpp"
#include "util/words.hpp"

namespace rocmfix::trial {

namespace {

Variables copied(std::span<const Assignment> assignments) {
  Variables variables;
  for (const Assignment& one : assignments) {
    variables.emplace_back(one.name, one.value);
  }
  return variables;
}

template <class Entry>
const Entry* find(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

bool has(const Arm& arm, std::string_view name) {
  return std::any_of(arm.factors.begin(), arm.factors.end(),
                     [&](const Factor& factor) { return factor.name == name; });
}

void add_entry(Arm& arm, const FactorEntry& entry) {
  if (has(arm, entry.name)) {
    return;
  }
  for (const std::string_view needed : entry.needs) {
    add_entry(arm, *find(factor_entries, needed));
  }
  Factor factor{.name = std::string(entry.name),
                .summary = std::string(entry.summary),
                .set = copied(entry.set),
                .plan = std::string(entry.plan),
                .livepatch = entry.livepatch,
                .boot = std::nullopt};
  if (!entry.boot.empty()) {
    factor.boot = {std::string(entry.boot), std::string(entry.with), std::string(entry.without)};
  }
  arm.factors.push_back(std::move(factor));
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
         });
}

Error unknown(std::string_view word) {
  return {ErrorCode::invalid, "no arm or factor is named '" + printable(word) + "'", 0,
          "rocmfix trial --list shows them; NAME=VALUE is a factor, too"};
}

Result<void> add_word(Arm& arm, std::string_view word) {
  if (const auto equals = word.find('='); equals != std::string_view::npos) {
    const std::string name(word.substr(0, equals));
    if (!is_variable_name(name) || !is_printable(word)) {
      return fail(unknown(word));
    }
    arm.factors.push_back({.name = std::string(word),
                           .summary = "as given",
                           .set = {{name, std::string(word.substr(equals + 1))}},
                           .plan = {},
                           .boot = std::nullopt});
    return {};
  }
  if (const ArmEntry* const entry = find(arm_entries, word)) {
    for (const std::string_view factor : entry->factors) {
      add_entry(arm, *find(factor_entries, factor));
    }
    return {};
  }
  if (const FactorEntry* const entry = find(factor_entries, word)) {
    add_entry(arm, *entry);
    return {};
  }
  const Escalation escalation = Escalation::built_in();
  if (const Mitigation* const mitigation = find(escalation.mitigations(), word)) {
    if (!has(arm, word)) {
      arm.factors.push_back({.name = std::string(word),
                             .summary = std::string(mitigation->summary),
                             .set = copied(mitigation->set),
                             .plan = {},
                             .boot = std::nullopt});
    }
    return {};
  }
  return fail(unknown(word));
}

}  // namespace

bool Arm::needs_livepatch() const {
  return std::any_of(factors.begin(), factors.end(),
                     [](const Factor& factor) { return factor.livepatch; });
}

const Factor* Arm::boot_factor() const {
  const auto found = std::find_if(factors.begin(), factors.end(),
                                  [](const Factor& factor) { return factor.boot.has_value(); });
  return found == factors.end() ? nullptr : &*found;
}

Variables Arm::variables() const {
  Variables variables = copied(base_assignments);
  for (const Factor& factor : factors) {
    variables.insert(variables.end(), factor.set.begin(), factor.set.end());
  }
  return variables;
}

Result<Arm> parse_arm(std::string_view text) {
  Arm arm{.name = std::string(text), .factors = {}};
  for (const std::string_view word : split(text, '+')) {
    if (auto added = add_word(arm, word); !added) {
      return fail(std::move(added.error()));
    }
  }
  return arm;
}

Result<std::vector<Arm>> parse_arms(std::string_view text) {
  constexpr std::size_t most = 12;
  std::vector<Arm> arms;
  for (const std::string_view word : split(text, ',')) {
    auto arm = parse_arm(word);
    if (!arm) {
      return fail(std::move(arm.error()));
    }
    if (std::any_of(arms.begin(), arms.end(),
                    [&](const Arm& other) { return other.name == arm->name; })) {
      return fail({ErrorCode::invalid, "the arm '" + arm->name + "' is given twice", 0, ""});
    }
    arms.push_back(std::move(*arm));
  }
  if (arms.size() < 2 || arms.size() > most) {
    return fail({ErrorCode::invalid,
                 "a trial compares 2 to " + std::to_string(most) + " arms, not " +
                     std::to_string(arms.size()),
                 0, "for example: --arms stock,safe"});
  }
  return arms;
}

std::vector<std::string> needs_of(std::string_view factor) {
  const FactorEntry* const entry = find(factor_entries, factor);
  return entry == nullptr ? std::vector<std::string>()
                          : std::vector<std::string>(entry->needs.begin(), entry->needs.end());
}

std::vector<std::pair<std::string, std::string>> list_arms() {
  std::vector<std::pair<std::string, std::string>> list;
  const auto take = [&](const auto& entries) {
    for (const auto& entry : entries) {
      list.emplace_back(entry.name, entry.summary);
    }
  };
  take(arm_entries);
  take(factor_entries);
  take(Escalation::built_in().mitigations());
  return list;
}

Result<void> complete_with_plan(std::vector<Arm>& arms, const Variables& values) {
  for (Arm& arm : arms) {
    for (Factor& factor : arm.factors) {
      const auto value = std::find_if(values.begin(), values.end(),
                                      [&](const auto& one) { return one.first == factor.plan; });
      if (!factor.plan.empty() && value == values.end()) {
        return fail({ErrorCode::not_applicable,
                     "the arm " + arm.name + " cannot be set: rocmfix-run would not set " +
                         factor.plan + " for this program",
                     0, "to try a value: " + factor.plan + "=VALUE instead of " + factor.name});
      }
      if (!factor.plan.empty()) {
        factor.set = {*value};
      }
    }
  }
  return {};
}

}  // namespace rocmfix::trial
