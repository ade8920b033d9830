// SPDX-License-Identifier: MIT
// The entries of the journal. What is read of one is checked: it may have been changed.
#include <utility>

#include "trial/json_fields.hpp"
#include "trial/trial.hpp"
#include "util/foreign_json.hpp"

namespace rocmfix::trial {

namespace {

Json factor_json(const Factor& factor) {
  Json set = Json::array();
  for (const auto& [name, value] : factor.set) {
    std::string text = name;
    text += "=";
    text += value;
    set.push_back(std::move(text));
  }
  Json object = {{"name", factor.name}, {"set", std::move(set)}};
  if (factor.livepatch) {
    object["livepatch"] = true;
  }
  if (factor.boot) {
    object["boot"] = {{"name", factor.boot->name},
                      {"with", factor.boot->with},
                      {"without", factor.boot->without}};
  }
  return object;
}

Json arm_json(const Arm& arm) {
  Json factors = Json::array();
  for (const Factor& factor : arm.factors) {
    factors.push_back(factor_json(factor));
  }
  return {{"name", arm.name}, {"factors", std::move(factors)}};
}

bool flag_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::optional<Factor> read_factor(const Json& object) {
  Factor factor;
  factor.name = text_of(object, "name");
  if (factor.name.empty()) {
    return std::nullopt;
  }
  for (const std::string& text : texts_of(object, "set")) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::nullopt;
    }
    factor.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  factor.livepatch = flag_of(object, "livepatch");
  if (const auto boot = object.find("boot"); boot != object.end()) {
    factor.boot = {text_of(*boot, "name"), text_of(*boot, "with"), text_of(*boot, "without")};
    if (factor.boot->name.empty() || factor.boot->name.find('/') != std::string::npos) {
      return std::nullopt;
    }
  }
  return factor;
}

std::optional<Arm> read_arm(const Json& object) {
  Arm arm;
  arm.name = text_of(object, "name");
  const auto factors = object.is_object() ? object.find("factors") : object.end();
  if (arm.name.empty() || factors == object.end() || !factors->is_array()) {
    return std::nullopt;
  }
  for (const Json& item : *factors) {
    auto factor = read_factor(item);
    if (!factor) {
      return std::nullopt;
    }
    arm.factors.push_back(std::move(*factor));
  }
  return arm;
}

Error not_a_trial() {
  return {ErrorCode::invalid, "the journal does not begin as that of a trial does", 0,
          "is it of another version of rocmfix?"};
}

}  // namespace

Json plan_json(const Plan& plan) {
  Json arms = Json::array();
  for (const Arm& arm : plan.arms) {
    arms.push_back(arm_json(arm));
  }
  return {{"kind", "trial"},
          {"schema", 1},
          {"command", plan.command},
          {"arms", std::move(arms)},
          {"runs", plan.runs},
          {"time_ms", plan.time_ms},
          {"timeout_ms", plan.timeout_ms},
          {"settle_ms", plan.settle_ms},
          {"success", plan.success},
          {"bisect", plan.bisect},
          {"factors", plan.factors},
          {"seed", plan.seed},
          {"simulate", plan.simulate},
          {"livepatch_before", plan.livepatch_before},
          {"machine", plan.machine}};
}

Result<Plan> read_plan(const Json& entry) {
  if (text_of(entry, "kind") != "trial" || number_of(entry, "schema") != 1) {
    return fail(not_a_trial());
  }
  Plan plan;
  plan.command = texts_of(entry, "command");
  plan.factors = texts_of(entry, "factors");
  plan.runs = number_of(entry, "runs").value_or(0);
  plan.time_ms = number_of(entry, "time_ms").value_or(0);
  plan.timeout_ms = number_of(entry, "timeout_ms").value_or(0);
  plan.settle_ms = number_of(entry, "settle_ms").value_or(0);
  plan.success = text_of(entry, "success");
  plan.bisect = flag_of(entry, "bisect");
  plan.seed = number_of(entry, "seed").value_or(0);
  plan.simulate = text_of(entry, "simulate");
  plan.livepatch_before = flag_of(entry, "livepatch_before");
  plan.machine = entry.value("machine", Json());
  for (const Json& item : array_of(entry, "arms")) {
    auto arm = read_arm(item);
    if (!arm) {
      return fail(not_a_trial());
    }
    plan.arms.push_back(std::move(*arm));
  }
  constexpr std::uint64_t most_runs = 100'000;
  if (plan.arms.size() < 2 || plan.command.empty() || plan.runs == 0 || plan.runs > most_runs) {
    return fail(not_a_trial());
  }
  return plan;
}

Json run_json(const Run& run) {
  Json before = Json::object();
  for (const auto& [name, value] : run.before) {
    before[name] = value;
  }
  return {{"kind", "run"},
          {"number", run.number},
          {"block", run.block},
          {"arm", run.arm},
          {"outcome", to_string(run.outcome)},
          {"why", run.why},
          {"timed_out", run.timed_out},
          {"ms", run.ms},
          {"time", run.time},
          {"before", std::move(before)}};
}

std::optional<Run> read_run(const Json& entry) {
  const auto outcome = parse_outcome(text_of(entry, "outcome"));
  if (!outcome || text_of(entry, "kind") != "run") {
    return std::nullopt;
  }
  Run run;
  run.number = number_of(entry, "number").value_or(0);
  run.block = number_of(entry, "block").value_or(0);
  run.arm = text_of(entry, "arm");
  run.outcome = *outcome;
  run.why = text_of(entry, "why");
  run.timed_out = flag_of(entry, "timed_out");
  run.ms = number_of(entry, "ms").value_or(0);
  run.time = text_of(entry, "time");
  const Json before = entry.value("before", Json::object());
  if (before.is_object()) {
    for (const auto& item : before.items()) {
      if (item.value().is_number_integer()) {
        run.before[item.key()] = item.value().get<std::int64_t>();
      }
    }
  }
  return run;
}

}  // namespace rocmfix::trial
