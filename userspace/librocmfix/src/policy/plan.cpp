// SPDX-License-Identifier: MIT
// Holds the policy's entries against a machine, row by row.
#include "rocmfix/plan.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "machine/visible_gpus.hpp"
#include "policy/condition.hpp"
#include "policy/parameter_kind.hpp"
#include "policy/reason_text.hpp"

namespace rocmfix {

namespace {

template <class Values>
std::optional<std::string> find_value(const Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

// A bool parameter reads back as "Y" or "N" and may be set as "1" or "0".
std::optional<long long> as_number(std::string_view text) {
  if (text == "Y" || text == "y") {
    return 1;
  }
  if (text == "N" || text == "n") {
    return 0;
  }
  return detail::parameter_number(text);
}

/// nullopt: none of `judgements` holds.
std::optional<ValueEffect> judge(std::span<const Judgement> judgements, std::string_view name,
                                 const ConditionFacts& facts) {
  const auto found =
      std::find_if(judgements.begin(), judgements.end(),
                   [&](const Judgement& judgement) { return holds(judgement.when, facts); });
  if (found == judgements.end()) {
    return std::nullopt;
  }
  return ValueEffect{found->effect, reason_text(found->reason, name, facts),
                     std::string(found->source), found->warn};
}

/// What a value does: always something, if only that it is not known.
ValueEffect effect_of(const Setting& setting, std::string_view name, std::string_view value,
                      ConditionFacts facts) {
  facts.value = value;
  if (setting.layer == Layer::module &&
      detail::is_refused(
          detail::kind_of_parameter(facts.machine.driver, {&setting, 1}, setting.name), value)) {
    return {Effect::harmful,
            "the kernel takes a number here, and does not load amdgpu with this value",
            "kernel/params.c", false};
  }
  if (auto effect = judge(setting.judgements, name, facts)) {
    return std::move(*effect);
  }
  return {Effect::unknown, "nothing is known about this value on this machine", "", false};
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
                                             const std::optional<std::string>& withheld) {
  if (row.layer == Layer::environment && row.current) {
    return row.current;
  }
  for (const auto* value : {&row.proposed, &row.configured, &row.current}) {
    if (value->has_value()) {
      return value->value();
    }
  }
  return withheld ? std::optional<std::string_view>(*withheld) : std::nullopt;
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
      row.answers_configured = find_clause(proposal.when, "configured") != nullptr;
      break;
    }
    // A proposal that answers a configured value says nothing where that is not configured.
    if (find_clause(proposal.when, "configured") == nullptr) {
      withheld = proposal.value;
    }
  }
  return withheld;
}

/// The row's own effect, that of the first of its values that counts; and those of the others.
void judge_values(PlanRow& row, const Setting& setting, const ConditionFacts& facts) {
  const auto effect = [&](std::string_view value) {
    return effect_of(setting, row.name, value, facts);
  };
  if (const auto value = judged_value(row, row.withheld)) {
    ValueEffect judged = effect(*value);
    row.effect = judged.effect;
    row.reason = std::move(judged.reason);
    row.source = std::move(judged.source);
    row.warn = judged.warn;
  } else {
    row.reason = setting.summary;
  }
  if (row.configured) {
    row.of_configured = effect(*row.configured);
  }
  if (row.current && row.layer == Layer::module) {
    row.of_current = effect(*row.current);
  }
}

/// What the driver has when nobody sets it is not worth a row.
bool is_default(const PlanRow& row, const Setting& setting) {
  return row.layer == Layer::module && row.current && !setting.driver_default.empty() &&
         (setting.driver_default == "*" || same_value(*row.current, setting.driver_default));
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
  const ConditionFacts facts{machine, gpus, options.forced, std::nullopt, others};
  std::optional<std::string_view> withheld;
  // Who sets the form for a node has decided about the others, too.
  const bool decided = !node_variables(setting, machine.environment).empty();
  if (!decided) {
    withheld = propose(row, setting, options.profile, facts);
  }
  const bool untouched = !row.configured && !row.proposed;
  const bool quiet = untouched && (!row.current || is_default(row, setting));
  if (quiet && !decided) {
    if (const auto advice = judge(setting.advice, row.name, facts)) {
      row.advice = true;
      row.effect = advice->effect;
      row.reason = advice->reason;
      row.source = advice->source;
      return row;
    }
  }
  if (quiet && !withheld && !options.all) {
    return std::nullopt;
  }
  if (untouched && !row.current && withheld) {
    row.withheld = std::string(*withheld);
  }
  judge_values(row, setting, facts);
  return row;
}

/// Parameters that are set, and that settings.toml does not know.
std::vector<PlanRow> unknown_rows(const Machine& machine, const Policy& policy) {
  std::vector<PlanRow> rows;
  for (const auto& [name, value] : machine.configured) {
    const auto is_it = [&name = name](const Setting& one) {
      return one.layer == Layer::module && one.name == name;
    };
    if (std::any_of(policy.settings().begin(), policy.settings().end(), is_it)) {
      continue;
    }
    PlanRow row;
    row.name = name;
    row.configured = value;
    read_values(row, machine);
    row.reason = "not read for this GPU: rocmfix does not know what this parameter does";
    if (detail::driver_lacks(machine.driver, name) == true) {
      row.effect = Effect::no_op;
      row.reason =
          "this kernel's amdgpu has no such parameter; it only logs \"unknown parameter ignored\"";
      row.source = "kernel/module/main.c; modinfo amdgpu";
    }
    row.of_configured = ValueEffect{row.effect, row.reason, row.source, false};
    rows.push_back(std::move(row));
  }
  return rows;
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
    ValueEffect effect = effect_of(setting, name, value, facts);
    row.effect = effect.effect;
    row.reason = std::move(effect.reason);
    row.source = std::move(effect.source);
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
  if (!options.only || *options.only == Layer::module) {
    // After the parameters that are known, before the environment.
    auto rows = unknown_rows(machine, policy);
    const auto first =
        std::find_if(plan.settings.begin(), plan.settings.end(),
                     [](const auto& row) { return row.layer == Layer::environment; });
    plan.settings.insert(first, std::make_move_iterator(rows.begin()),
                         std::make_move_iterator(rows.end()));
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
