// SPDX-License-Identifier: MIT
// Holds the policy's entries against a machine, row by row.
#include "rocmfix/plan.hpp"

#include <algorithm>
#include <charconv>

#include "machine/visible_gpus.hpp"
#include "policy/condition.hpp"
#include "policy/reason_text.hpp"

namespace rocmfix {

namespace {

template <class Values>
std::optional<std::string> find_value(const Values& values, const std::string& name) {
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

/// False: none of `judgements` holds.
bool judge(PlanRow& row, std::span<const Judgement> judgements, const ConditionFacts& facts) {
  const auto found =
      std::find_if(judgements.begin(), judgements.end(),
                   [&](const Judgement& judgement) { return holds(judgement.when, facts); });
  if (found == judgements.end()) {
    return false;
  }
  row.effect = found->effect;
  row.reason = reason_text(found->reason, row.name, facts);
  row.source = found->source;
  return true;
}

// The setting itself, or for NAME_<N> its form for a KFD node.
struct Variable {
  std::string name;
  std::optional<unsigned> node;
};

std::optional<unsigned> node_of(std::string_view name, const Setting& setting) {
  if (!name.starts_with(setting.name)) {
    return std::nullopt;
  }
  name.remove_prefix(setting.name.size());
  if (name.size() < 2 || name.front() != '_') {
    return std::nullopt;
  }
  name.remove_prefix(1);
  unsigned node = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), node);
  // Written as the runtime writes it: "_01" is not read.
  return error == std::errc{} && end == name.data() + name.size() && std::to_string(node) == name
             ? std::optional(node)
             : std::nullopt;
}

std::vector<Variable> node_variables(const Setting& setting, const Environment& environment) {
  std::vector<Variable> variables;
  if (!setting.per_node) {
    return variables;
  }
  for (auto at = environment.lower_bound(setting.name);
       at != environment.end() && at->first.starts_with(setting.name); ++at) {
    if (const auto node = node_of(at->first, setting)) {
      variables.push_back({at->first, node});
    }
  }
  return variables;
}

std::vector<Gpu> only_node(std::span<const Gpu> gpus, unsigned node) {
  std::vector<Gpu> left;
  std::copy_if(gpus.begin(), gpus.end(), std::back_inserter(left),
               [&](const Gpu& gpu) { return gpu.kfd_node == node; });
  return left;
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

void read_values(PlanRow& row, const Machine& machine) {
  if (row.layer == Layer::environment) {
    row.current = find_value(machine.environment, row.name);
    return;
  }
  if (machine.driver.loaded) {
    row.current = find_value(machine.driver.loaded->parameters, row.name);
  }
  row.configured = find_value(machine.configured, row.name);
}

// Fills in what the profile wants; returns what it would want on another machine, so that the row
// says why not on this one.
std::optional<std::string_view> propose(PlanRow& row, const Setting& setting, Profile profile,
                                        const ConditionFacts& facts) {
  std::optional<std::string_view> withheld;
  for (const Proposal& proposal : setting.proposals) {
    if (proposal.profile != profile) {
      continue;
    }
    if (holds(proposal.when, facts)) {
      row.proposed = proposal.value;
      break;
    }
    // A proposal that answers a configured value says nothing where that is not configured.
    if (find_clause(proposal.when, "configured") == nullptr) {
      withheld = proposal.value;
    }
  }
  return withheld;
}

// The row of one setting about `gpus`; nullopt when it says nothing about this machine.
std::optional<PlanRow> make_row(const Setting& setting, const Variable& variable,
                                const Machine& machine, std::span<const Gpu> gpus,
                                const PlanOptions& options) {
  PlanRow row;
  row.layer = setting.layer;
  row.name = variable.name;
  read_values(row, machine);
  const auto others = find_value(machine.configured_by_others, std::string(setting.name));
  ConditionFacts facts{machine, gpus, options.forced, std::nullopt, others};
  std::optional<std::string_view> withheld;
  // Who sets the form for a node has decided about the others, too.
  const bool decided = !node_variables(setting, machine.environment).empty();
  if (!decided) {
    withheld = propose(row, setting, options.profile, facts);
  }
  const bool quiet = !row.current && !row.configured && !row.proposed;
  if (quiet && !decided && judge(row, setting.advice, facts)) {
    row.advice = true;
    return row;
  }
  if (quiet && !withheld && !options.all) {
    return std::nullopt;
  }
  facts.value = judged_value(row, withheld);
  if (!facts.value) {
    row.reason = setting.summary;
  } else if (!judge(row, setting.judgements, facts)) {
    row.effect = Effect::unknown;
    row.reason = "nothing is known about this value on this machine";
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

std::optional<PlanRow> judge_parameter(const Machine& machine, const Policy& policy,
                                       std::string_view name, std::string_view value) {
  for (const Setting& setting : policy.settings()) {
    if (setting.layer != Layer::module || setting.name != name || !machine.supported()) {
      continue;
    }
    PlanRow row;
    row.name = name;
    const auto others = find_value(machine.configured_by_others, row.name);
    const ConditionFacts facts{machine, machine.gpus, false, value, others};
    judge(row, setting.judgements, facts);
    return row;
  }
  return std::nullopt;
}

Plan make_plan(const Machine& machine, const Policy& policy, const PlanOptions& options) {
  Plan plan;
  plan.profile = options.profile;
  if (!machine.supported()) {
    return plan;
  }
  const std::vector<Gpu> visible = visible_gpus(machine.gpus, machine.environment);
  const auto add = [&](std::optional<PlanRow> row) {
    if (row) {
      plan.settings.push_back(std::move(*row));
    }
  };
  for (const Setting& setting : policy.settings()) {
    if (options.only && setting.layer != *options.only) {
      continue;
    }
    const std::vector<Gpu>& gpus = setting.layer == Layer::environment ? visible : machine.gpus;
    add(make_row(setting, {std::string(setting.name), std::nullopt}, machine, gpus, options));
    for (const Variable& variable : node_variables(setting, machine.environment)) {
      add(make_row(setting, variable, machine, only_node(gpus, *variable.node), options));
    }
  }
  return plan;
}

bool needs_software(const Machine& machine, const Policy& policy, Profile profile) {
  if (!machine.supported()) {
    return false;
  }
  const std::vector<Gpu> gpus = visible_gpus(machine.gpus, machine.environment);
  const ConditionFacts facts{machine, gpus, false, std::nullopt, std::nullopt};
  const auto is_asked_for = [&](const Setting& setting) {
    const auto asks = [](const Judgement& one) { return asks_for_software(one.when); };
    const bool is_set = find_value(machine.environment, std::string(setting.name)) ||
                        !node_variables(setting, machine.environment).empty();
    if (is_set && std::any_of(setting.judgements.begin(), setting.judgements.end(), asks)) {
      return true;
    }
    if (std::any_of(setting.proposals.begin(), setting.proposals.end(), [&](const Proposal& one) {
          return one.profile == profile && asks_for_software(one.when) && may_hold(one.when, facts);
        })) {
      return true;
    }
    // The first that may hold: one that asks for nothing settles it.
    const auto first =
        std::find_if(setting.advice.begin(), setting.advice.end(),
                     [&](const Judgement& one) { return may_hold(one.when, facts); });
    return first != setting.advice.end() && asks(*first);
  };
  return std::any_of(policy.settings().begin(), policy.settings().end(),
                     [&](const Setting& setting) {
                       return setting.layer == Layer::environment && is_asked_for(setting);
                     });
}

}  // namespace rocmfix
