// SPDX-License-Identifier: MIT
// A trial's document, read again: what follows from its runs is concluded again and compared.
#include <algorithm>
#include <cmath>

#include "trial/conditions.hpp"
#include "trial/design.hpp"
#include "trial/json_fields.hpp"
#include "trial/trial.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"

namespace rocmfix::trial {

namespace {

constexpr std::uint64_t most_runs = 10'000;
constexpr std::size_t most_arms = 12;
// Of how a run is ended after its timeout.
constexpr std::uint64_t grace_ms = 60'000;

Error not_that(const std::string& what) {
  return {ErrorCode::invalid, what, 0,
          "it was changed, or is of another version: rocmfix trial --resume DIR --json writes it "
          "again"};
}

bool nearly(double a, double b) {
  // The last digits depend on the machine's mathematical library.
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

/// Where two documents differ: "/arms/0/rate"; empty: nowhere.
std::string difference(const Json& a, const Json& b, const std::string& where) {
  if (a.is_number() && b.is_number()) {
    return nearly(a.get<double>(), b.get<double>()) ? "" : where;
  }
  if (a.type() != b.type() || a.size() != b.size()) {
    return where;
  }
  if (!a.is_structured()) {
    return a == b ? "" : where;
  }
  for (const auto& item : a.items()) {
    const Json* const other = b.is_array() ? &b.at(static_cast<std::size_t>(std::stoul(item.key())))
                              : b.contains(item.key()) ? &b.at(item.key())
                                                       : nullptr;
    const std::string path = where + "/" + item.key();
    std::string found = other == nullptr ? path : difference(item.value(), *other, path);
    if (!found.empty()) {
      return found;
    }
  }
  return "";
}

Result<void> read_arms(const Json& document, Plan& plan) {
  for (const Json& item : array_of(document, "arms")) {
    Arm arm{.name = text_of(item, "name"), .factors = {}};
    const bool twice = std::any_of(plan.arms.begin(), plan.arms.end(),
                                   [&](const Arm& other) { return other.name == arm.name; });
    if (arm.name.empty() || twice) {
      return fail(not_that("/arms: an arm without a name of its own"));
    }
    plan.arms.push_back(std::move(arm));
  }
  return plan.arms.size() >= 2 && plan.arms.size() <= most_arms
             ? Result<void>()
             : fail(not_that(formatted("/arms: a trial has 2 to {}", most_arms)));
}

Result<void> read_design(const Json& document, Plan& plan) {
  const auto seed = number_of(document, "seed");
  const auto runs = number_of(document, "runs_an_arm");
  const auto timeout = number_of(document, "timeout_ms");
  const auto settle = number_of(document, "settle_ms");
  if (!seed || !runs || *runs == 0 || *runs > most_runs || !timeout || !settle) {
    return fail(not_that("/seed, /runs_an_arm, /timeout_ms, /settle_ms: not those of a trial"));
  }
  plan.seed = *seed;
  plan.runs = *runs;
  plan.timeout_ms = *timeout;
  plan.settle_ms = *settle;
  plan.success = text_of(document, "success");
  plan.machine = document.value("machine", Json());
  plan.command = texts_of(document, "command");
  const Json bisection = document.value("bisection", Json());
  plan.bisect = bisection.is_object();
  if (plan.bisect) {
    plan.factors = texts_of(bisection, "factors");
  }
  return read_arms(document, plan);
}

/// A trial with an arm that needs a reboot makes its runs in the order that the boots allow.
bool needs_boots(const Plan& plan) {
  return std::any_of(plan.arms.begin(), plan.arms.end(), [](const Arm& arm) {
    const auto parsed = parse_arm(arm.name);
    return parsed && parsed->boot_factor() != nullptr;
  });
}

Result<void> take_run(const Design& design, bool in_order, const Json& item, Findings& findings) {
  Json entry = item;
  const std::string where = formatted("/runs/{}", findings.runs.size());
  if (!entry.is_object()) {
    return fail(not_that(where + ": no run"));
  }
  entry["kind"] = "run";
  const auto run = read_run(entry);
  const Plan& plan = findings.plan;
  if (!run || run->number != findings.runs.size() + 1 || run->block >= plan.runs) {
    return fail(not_that(where + ": not the next run"));
  }
  if (run->ms > plan.timeout_ms + grace_ms) {
    return fail(not_that(where + ": longer than the timeout"));
  }
  if (!plan.bisect) {
    const auto next =
        in_order
            ? design.next(findings.runs, [](const std::string&) { return true; })
            : design.next(findings.runs, [&](const std::string& arm) { return arm == run->arm; });
    if (!next || next->arm != run->arm || (in_order && next->block != run->block)) {
      return fail(not_that(where + ": not what the seed has next"));
    }
  }
  findings.elapsed_ms += run->ms + plan.settle_ms;
  findings.with_load = findings.with_load || !other_load(run->before).empty();
  findings.runs.push_back(*run);
  return {};
}

Result<void> take_runs(const Json& document, Findings& findings) {
  std::vector<std::string> names;
  for (const Arm& arm : findings.plan.arms) {
    names.push_back(arm.name);
  }
  const Json runs = array_of(document, "runs");
  if (runs.size() > most_runs * most_arms) {
    return fail(not_that("/runs: too many"));
  }
  const Design design(names, findings.plan.seed, findings.plan.runs);
  const bool in_order = !needs_boots(findings.plan);
  for (const Json& item : runs) {
    if (auto taken = take_run(design, in_order, item, findings); !taken) {
      return taken;
    }
  }
  findings.analysis = analyse(names, findings.runs);
  if (findings.plan.bisect) {
    findings.bisection = bisect(bisect_plan(findings.plan), findings.runs);
  }
  return {};
}

}  // namespace

Result<Findings> read_trial(const Json& document) {
  if (!document.is_object() || text_of(document, "kind") != "trial" ||
      number_of(document, "schema") != 1) {
    return fail(not_that("no document of rocmfix trial --json"));
  }
  Findings findings;
  const auto end = parse_end(text_of(document, "end"));
  if (!end) {
    return fail(not_that("/end: no end of a trial"));
  }
  findings.end = *end;
  findings.next = text_of(document, "next");
  findings.directory = text_of(document, "directory");
  if (auto read = read_design(document, findings.plan); !read) {
    return fail(std::move(read.error()));
  }
  if (auto taken = take_runs(document, findings); !taken) {
    return fail(std::move(taken.error()));
  }
  // Of the program that wrote it, and of what went wrong there, nothing can be concluded.
  Json expected = trial_document(findings);
  for (const char* const key : {"rocmfix", "error"}) {
    expected[key] = document.value(key, Json());
  }
  const std::string where = difference(expected, document, "");
  if (!where.empty()) {
    return fail(not_that(where + ": not what follows from the runs"));
  }
  return findings;
}

}  // namespace rocmfix::trial
