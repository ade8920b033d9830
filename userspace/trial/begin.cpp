// SPDX-License-Identifier: MIT
// How a trial begins, and begins again: whether it can be made on this machine, and its plan.
#include <unistd.h>

#include <algorithm>

#include "rocmfix/driver.hpp"
#include "rocmfix/fault_rules.hpp"
#include "rocmfix/printable.hpp"
#include "trial/machine.hpp"
#include "trial/session.hpp"
#include "util/any_seed.hpp"
#include "util/foreign_json.hpp"
#include "util/formatted.hpp"
#include "util/time_text.hpp"

namespace rocmfix::trial {

namespace {

/// What rocmfix-run would set for this program.
Result<Variables> planned_variables(const Root& root, const Options& options) {
  const auto launcher = find_launcher();
  if (!launcher) {
    return fail(launcher.error());
  }
  Start start;
  start.words = {*launcher, "--dry-run", "--json", "--"};
  start.words.insert(start.words.end(), options.command.begin(), options.command.end());
  start.variables = {{"ROCMFIX_HIP", "0"}, {"ROCMFIX_PLAN", "1"}, {"ROCMFIX_PROFILE", "safe"}};
  if (!options.simulate.empty()) {
    start.variables.emplace_back("ROCMFIX_SIM", options.simulate);
  } else if (!root.is_system()) {
    start.variables.emplace_back("ROCMFIX_ROOT", root.dir().string());
  }
  start.user = user_before_sudo();
  start.timeout_ms = 120'000;
  std::string text;
  start.output = [&](std::string_view bytes) { text += bytes; };
  StopSignals signals;
  const auto ended = run_command(start, signals);
  if (!ended) {
    return fail(ended.error());
  }
  const Json document = read_foreign_json(text);
  const Json set = document.is_object() ? document.value("set", Json()) : Json();
  if (!set.is_array()) {
    return fail(
        {ErrorCode::failed, "rocmfix-run --dry-run does not answer: " + printable(text), 0, ""});
  }
  Variables variables;
  for (const Json& one : set) {
    const std::string name = text_of(one, "name");
    if (!name.empty() && !name.starts_with("ROCMFIX_")) {
      variables.emplace_back(name, text_of(one, "value"));
    }
  }
  return variables;
}

/// Each variable of the plan becomes a factor, so that a bisection can find which of them it is.
void split_environment(Arm& arm, const Variables& values) {
  const auto whole = std::find_if(arm.factors.begin(), arm.factors.end(),
                                  [](const Factor& one) { return one.name == "environment"; });
  const bool nameable = std::all_of(values.begin(), values.end(), [](const auto& one) {
    return one.second.find('+') == std::string::npos;
  });
  if (whole == arm.factors.end() || !nameable) {
    return;
  }
  arm.factors.erase(whole);
  for (const auto& [name, value] : values) {
    arm.factors.push_back({.name = formatted("{}={}", name, value),
                           .summary = "as rocmfix-run sets it",
                           .set = {{name, value}},
                           .plan = {},
                           .boot = std::nullopt});
  }
}

Result<void> prepare_bisection(Plan& plan, const Variables& values) {
  Arm& good = plan.arms[1];
  split_environment(good, values);
  for (const Factor& factor : good.factors) {
    const auto& bad = plan.arms[0].factors;
    if (std::none_of(bad.begin(), bad.end(),
                     [&](const Factor& other) { return other.name == factor.name; })) {
      plan.factors.push_back(factor.name);
    }
  }
  const bool boots = std::any_of(plan.arms.begin(), plan.arms.end(),
                                 [](const Arm& arm) { return arm.boot_factor() != nullptr; });
  if (plan.arms.size() != 2 || plan.factors.empty() || boots) {
    return fail({ErrorCode::invalid,
                 "--bisect needs two arms, of which the second has factors that the first has not, "
                 "and none that needs a reboot",
                 0, "for example: --bisect --arms stock,safe"});
  }
  // From here on it has the name that a set of all factors has.
  good = Arm{.name = arm_of({.bad = plan.arms[0].name, .factors = plan.factors},
                            [&] {
                              FactorSet all(plan.factors.size());
                              for (std::size_t i = 0; i < all.size(); ++i) {
                                all[i] = i;
                              }
                              return all;
                            }()),
             .factors = std::move(good.factors)};
  return {};
}

/// What must be so before the first run, not after hours.
Result<void> check_permissions(const Root& root, Plan& plan) {
  const bool livepatch = std::any_of(plan.arms.begin(), plan.arms.end(),
                                     [](const Arm& arm) { return arm.needs_livepatch(); });
  if (!livepatch) {
    return {};
  }
  const Driver driver = inspect_driver(root);
  if (!root.is_system() || !plan.simulate.empty() || !driver.livepatch.installed) {
    return fail(
        {ErrorCode::not_applicable,
         "the arm mtype cannot be set: the livepatch is not installed in the running system", 0,
         "apt install rocmfix-livepatch-dkms, or leave the arm out"});
  }
  if (::geteuid() != 0) {
    return fail({ErrorCode::refused, "the arm mtype switches the livepatch, which only root can", 0,
                 "sudo rocmfix trial ...: the command itself is run as the user who calls sudo"});
  }
  plan.livepatch_before = driver.livepatch.in_force();
  return {};
}

Result<Plan> make_plan(const Root& root, const Options& options) {
  if (options.command.empty()) {
    return fail({ErrorCode::invalid, "no command to try", 0,
                 "for example: rocmfix trial -- python3 train.py"});
  }
  auto arms = parse_arms(options.arms);
  if (!arms) {
    return fail(std::move(arms.error()));
  }
  auto machine = describe_machine(root, options.command, !options.simulate.empty());
  if (!machine) {
    return fail(std::move(machine.error()));
  }
  Plan plan{.command = options.command,
            .arms = std::move(*arms),
            .runs = options.runs,
            .time_ms = options.time_ms,
            .timeout_ms = options.timeout_ms,
            .settle_ms = options.settle_ms,
            .success = options.success,
            .bisect = options.bisect,
            .factors = {},
            .seed = options.seed ? *options.seed : any_seed(),
            .simulate = options.simulate,
            .machine = std::move(*machine)};
  const auto values = planned_variables(root, options);
  if (!values) {
    return fail(values.error());
  }
  if (auto complete = complete_with_plan(plan.arms, *values); !complete) {
    return fail(std::move(complete.error()));
  }
  if (options.bisect) {
    if (auto prepared = prepare_bisection(plan, *values); !prepared) {
      return fail(std::move(prepared.error()));
    }
  }
  if (auto permitted = check_permissions(root, plan); !permitted) {
    return fail(std::move(permitted.error()));
  }
  return plan;
}

Result<Findings> go(const Root& root, Plan plan, Journal journal, const Say& say) {
  auto rules = FaultRules::load(root);
  if (!rules) {
    return fail(std::move(rules.error()));
  }
  auto success = Success::parse(plan.success);
  if (!success) {
    return fail(std::move(success.error()));
  }
  if (const auto launcher = find_launcher(); !launcher) {
    return fail(launcher.error());
  }
  Session session(root, std::move(plan), std::move(journal), std::move(*rules), std::move(*success),
                  say);
  if (auto taken = session.take_up(); !taken) {
    return fail(std::move(taken.error()));
  }
  return session.run();
}

}  // namespace

Result<Findings> begin_trial(const Root& root, const Options& options, const Say& say) {
  // Before anything is written.
  if (auto success = Success::parse(options.success); !success) {
    return fail(std::move(success.error()));
  }
  auto plan = make_plan(root, options);
  if (!plan) {
    return fail(std::move(plan.error()));
  }
  auto journal = Journal::create(options.directory.empty() ? "rocmfix-trial-" + local_time_stamp()
                                                           : options.directory);
  if (!journal) {
    return fail(std::move(journal.error()));
  }
  if (auto written = journal->append(plan_json(*plan)); !written) {
    return fail(std::move(written.error()));
  }
  say(formatted("{} arms, at most {} runs of each, seed {}, in {}", plan->arms.size(), plan->runs,
                plan->seed, printable(journal->directory())));
  return go(root, std::move(*plan), std::move(*journal), say);
}

Result<Findings> resume_trial(const Root& root, const std::string& directory, const Say& say) {
  auto journal = Journal::open(directory);
  if (!journal) {
    return fail(std::move(journal.error()));
  }
  auto plan = read_plan(journal->entries().front());
  if (!plan) {
    return fail(std::move(plan.error()));
  }
  if (journal->was_cut()) {
    say("the last line of the journal was not written whole: it is left out");
  }
  Plan again = std::move(*plan);
  const bool restored = again.livepatch_before;
  if (auto permitted = check_permissions(root, again); !permitted) {
    return fail(std::move(permitted.error()));
  }
  again.livepatch_before = restored;  // as it was before the trial, not before this part of it
  if (auto written = journal->append({{"kind", "resume"}, {"time", utc_time_text()}}); !written) {
    return fail(std::move(written.error()));
  }
  return go(root, std::move(again), std::move(*journal), say);
}

}  // namespace rocmfix::trial
