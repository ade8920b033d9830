// SPDX-License-Identifier: MIT
// Schema 1. Unknown is null.
#include <cmath>

#include "rocmfix/printable.hpp"
#include "rocmfix/redaction.hpp"
#include "trial/trial.hpp"

namespace rocmfix::trial {

namespace {

Json interval_json(const Interval& interval) {
  return Json::array({interval.low, interval.high});
}

Json arm_json(const ArmSummary& arm) {
  const bool known = arm.bad.runs > 0;
  return {{"name", arm.arm},
          {"runs", arm.runs},
          {"completed", arm.completed},
          {"fault", arm.faults},
          {"hang", arm.hangs},
          {"reset", arm.resets},
          {"failed", arm.failed},
          {"down", arm.down},
          {"rate", known ? Json(arm.bad.rate()) : Json()},
          {"rate_interval", known ? interval_json(arm.interval) : Json()},
          {"rate_at_most", known ? Json(arm.highest_rate) : Json()},
          {"median_ms", arm.completed > 0 ? Json(arm.median_ms) : Json()}};
}

Json comparison_json(const Comparison& one) {
  return {{"arm", one.arm},
          {"verdict", to_string(one.verdict)},
          {"pairs", one.pairs},
          {"log_e", one.log_e},
          {"log_e_highest", one.log_e_highest},
          {"log_e_needed", one.log_e_needed},
          {"difference", one.difference},
          {"difference_interval", interval_json(one.interval)},
          {"fisher_p", one.p},
          {"time_ratio", one.time.ratio},
          {"time_p", one.time.p}};
}

const char* word_of(BisectState state) {
  switch (state) {
    case BisectState::found:
      return "found";
    case BisectState::no_difference:
      return "no_difference";
    case BisectState::undecided:
      return "undecided";
    case BisectState::running:
      break;
  }
  return "running";
}

Json names_of(const Plan& plan, const FactorSet& set) {
  Json names = Json::array();
  for (const std::size_t factor : set) {
    names.push_back(plan.factors.at(factor));
  }
  return names;
}

Json bisection_json(const Plan& plan, const Bisection& bisection) {
  Json steps = Json::array();
  for (const BisectStep& step : bisection.steps) {
    steps.push_back({{"factors", names_of(plan, step.factors)},
                     {"runs", step.runs},
                     {"bad", step.bad},
                     {"works", step.works ? Json(*step.works) : Json()}});
  }
  return {{"state", word_of(bisection.state)},
          {"factors", plan.factors},
          {"found", names_of(plan, bisection.found)},
          {"steps", std::move(steps)}};
}

template <class Item, class Make>
Json array_of(const std::vector<Item>& items, Make make) {
  Json array = Json::array();
  for (const Item& item : items) {
    array.push_back(make(item));
  }
  return array;
}

std::string document_text(const Json& document) {
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace

std::string arms_json() {
  return document_text({{"schema", 1}, {"arms", array_of(list_arms(), [](const auto& arm) {
                                          return Json{{"name", arm.first}, {"summary", arm.second}};
                                        })}});
}

Json trial_document(const Findings& findings) {
  const Plan& plan = findings.plan;
  Json runs = array_of(findings.runs, [](const Run& run) {
    Json object = run_json(run);
    object.erase("kind");
    return object;
  });
  return {{"schema", 1},
          {"kind", "trial"},
          {"rocmfix", ROCMFIX_VERSION},
          {"end", to_string(findings.end)},
          {"error", findings.error ? Json(to_string(*findings.error)) : Json()},
          {"next", findings.next.empty() ? Json() : Json(findings.next)},
          {"directory", findings.directory},
          {"machine", plan.machine},
          {"command", redact_command(plan.command)},
          {"seed", plan.seed},
          {"runs_an_arm", plan.runs},
          {"timeout_ms", plan.timeout_ms},
          {"settle_ms", plan.settle_ms},
          {"success", plan.success},
          {"elapsed_ms", findings.elapsed_ms},
          {"other_load", findings.with_load},
          {"alpha", alpha},
          {"arms", array_of(findings.analysis.arms, arm_json)},
          {"comparisons", array_of(findings.analysis.comparisons, comparison_json)},
          {"bisection", findings.bisection ? bisection_json(plan, *findings.bisection) : Json()},
          {"runs", std::move(runs)}};
}

std::string trial_json(const Findings& findings) {
  return document_text(trial_document(findings));
}

}  // namespace rocmfix::trial
