// SPDX-License-Identifier: MIT
// Holds the policy's entries against a machine, row by row.
#include "rocmfix/plan.hpp"

#include <algorithm>
#include <charconv>

#include "condition.hpp"

namespace rocmfix {

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

std::optional<std::string> find_value(const Values& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

// kernel/params.c takes C notation: "0x10", "-1", "010".
std::optional<long long> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

// A bool parameter reads back as "Y" or "N" and may be set as "1" or "0".
std::optional<long long> as_number(std::string_view text) {
  if (text == "Y" || text == "y") {
    return 1;
  }
  if (text == "N" || text == "n") {
    return 0;
  }
  return parse_number(text);
}

void judge(PlanRow& row, const Setting& setting, const ConditionFacts& facts) {
  const auto found =
      std::find_if(setting.judgements.begin(), setting.judgements.end(),
                   [&](const Judgement& judgement) { return holds(judgement.when, facts); });
  if (found == setting.judgements.end()) {
    row.effect = Effect::unknown;
    row.reason = "nothing is known of this value on this machine";
    return;
  }
  row.effect = found->effect;
  row.reason = found->reason;
  row.source = found->source;
}

// The value that a row's effect is about: what will be in force, else what is, else what was
// withheld. In the environment the user's own value will be in force, whatever is proposed.
std::optional<std::string_view> judged_value(const PlanRow& row,
                                             std::optional<std::string_view> withheld) {
  if (row.layer == Layer::environment && row.current) {
    return row.current;
  }
  for (const auto* value : {&row.proposed, &row.configured, &row.current}) {
    if (value->has_value()) {
      return value->value();
    }
  }
  return withheld;
}

// The row of one setting; nullopt when it says nothing about this machine.
std::optional<PlanRow> make_row(const Setting& setting, const Machine& machine,
                                const PlanOptions& options) {
  PlanRow row;
  row.layer = setting.layer;
  row.name = setting.name;
  if (setting.layer == Layer::module) {
    if (machine.driver.loaded) {
      const auto& parameters = machine.driver.loaded->parameters;
      const auto found = parameters.find(row.name);
      row.current = found == parameters.end() ? std::nullopt : std::optional(found->second);
    }
    row.configured = find_value(machine.configured, setting.name);
  } else {
    row.current = find_value(machine.environment, setting.name);
  }

  const auto others = find_value(machine.configured_by_others, setting.name);
  ConditionFacts facts{machine, options.forced, std::nullopt, others};
  // A value that the profile would want on another machine: the row says why not on this one.
  std::optional<std::string_view> withheld;
  for (const Proposal& proposal : setting.proposals) {
    if (proposal.profile != options.profile) {
      continue;
    }
    if (holds(proposal.when, facts)) {
      row.proposed = proposal.value;
      break;
    }
    // A proposal that answers a configured value says nothing where that is not configured.
    if (proposal.when.configured.empty()) {
      withheld = proposal.value;
    }
  }
  if (!row.current && !row.configured && !row.proposed && !withheld && !options.all) {
    return std::nullopt;
  }
  facts.value = judged_value(row, withheld);
  if (facts.value) {
    judge(row, setting, facts);
  } else {
    row.reason = setting.summary;
  }
  return row;
}

}  // namespace

bool Machine::supported() const {
  return std::any_of(gpus.begin(), gpus.end(), [](const Gpu& gpu) { return gpu.supported; });
}

bool same_value(std::string_view a, std::string_view b) {
  if (a == b) {
    return true;
  }
  const auto left = as_number(a);
  return left && left == as_number(b);
}

Plan make_plan(const Machine& machine, const Policy& policy, const PlanOptions& options) {
  Plan plan;
  plan.profile = options.profile;
  if (!machine.supported()) {
    return plan;
  }
  for (const Setting& setting : policy.settings()) {
    if (options.only && setting.layer != *options.only) {
      continue;
    }
    if (auto row = make_row(setting, machine, options)) {
      plan.settings.push_back(std::move(*row));
    }
  }
  return plan;
}

}  // namespace rocmfix
