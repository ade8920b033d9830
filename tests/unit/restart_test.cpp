// SPDX-License-Identifier: MIT
// Whether a command is started again, and with what: outcome x history -> decision.
#include "rocmfix/restart.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

constexpr std::uint64_t minute = 60'000;

/// A classified memory fault of a command that had worked for five minutes.
Outcome fault(std::uint64_t ended_ms, FaultKind kind = FaultKind::memory) {
  return {.fault = kind,
          .crashed = true,
          .told_to_stop = false,
          .worked = true,
          .beats = 0,
          .progress = 0,
          .causes = {},
          .sure_causes = {},
          .lived_ms = 5 * minute,
          .ended_ms = ended_ms};
}

RestartContext card(std::string family, std::string gfx) {
  return {.families = {std::move(family)}, .gfx = {std::move(gfx)}, .user_variables = {}};
}

const RestartContext navi21 = card("RDNA2", "gfx1030");

std::vector<std::string> names(const std::vector<const Mitigation*>& mitigations) {
  std::vector<std::string> result;
  for (const Mitigation* mitigation : mitigations) {
    result.emplace_back(mitigation->name);
  }
  return result;
}

using Names = std::vector<std::string>;

/// The mitigations of each further attempt, when every one faults like `how`.
std::vector<Names> climb(const Escalation& escalation, const RestartContext& context,
                         const Outcome& how, unsigned retries) {
  std::vector<Names> result;
  std::vector<Attempt> history;
  std::vector<const Mitigation*> mitigations;
  for (std::uint64_t i = 1;; ++i) {
    Outcome outcome = how;
    outcome.ended_ms = i * 20 * minute;
    history.push_back({mitigations, outcome});
    const Decision decision = decide_restart(escalation, context, history, retries);
    if (decision.verdict != Verdict::restart) {
      return result;
    }
    mitigations = decision.mitigations;
    result.push_back(names(mitigations));
  }
}

Verdict verdict(const Outcome& outcome, std::uint64_t retries = 3) {
  return decide_restart(Escalation::built_in(), navi21, {{{}, outcome}}, retries).verdict;
}

TEST(Restart, AClassifiedFaultIsStartedAgain) {
  EXPECT_EQ(verdict(fault(0)), Verdict::restart);
  EXPECT_EQ(verdict(fault(0, FaultKind::hang)), Verdict::restart);
}

TEST(Restart, NothingElseIs) {
  Outcome outcome = fault(0, FaultKind::none);
  EXPECT_EQ(verdict(outcome), Verdict::no_fault) << "an abort that nobody calls a GPU fault";
  outcome = fault(0);
  outcome.crashed = false;
  EXPECT_EQ(verdict(outcome), Verdict::no_crash) << "a Python exception, with a fault in the log";
  outcome = fault(0);
  outcome.told_to_stop = true;
  EXPECT_EQ(verdict(outcome), Verdict::told_to_stop);
  EXPECT_EQ(verdict(fault(0), 0), Verdict::spent) << "no retries were asked for";
}

TEST(Restart, OneThatHasDoneNothingIsNotStartedAgain) {
  const RestartLimits limits = Escalation::built_in().limits();
  Outcome outcome = fault(0);
  outcome.worked = false;
  outcome.lived_ms = limits.settle_ms - 1;
  EXPECT_EQ(verdict(outcome), Verdict::too_early);
  outcome.lived_ms = limits.settle_ms;
  EXPECT_EQ(verdict(outcome), Verdict::restart);
  outcome.lived_ms = 0;
  outcome.worked = true;
  EXPECT_EQ(verdict(outcome), Verdict::restart) << "it is known to have made a GPU call";
}

TEST(Restart, TheRetriesAreCounted) {
  for (const unsigned retries : {1U, 2U, 5U}) {
    EXPECT_EQ(climb(Escalation::built_in(), navi21, fault(0), retries).size(), retries);
  }
}

TEST(Restart, TooManyFaultsWithinAShortTimeEndIt) {
  const Escalation escalation = Escalation::built_in();
  const std::uint64_t interval = escalation.limits().interval_ms;
  const std::uint64_t burst = escalation.limits().burst;
  std::vector<Attempt> history;
  for (std::uint64_t i = 0; i < burst; ++i) {
    history.push_back({{}, fault(1000 + i)});
    EXPECT_EQ(decide_restart(escalation, navi21, history, 1000).verdict, Verdict::restart) << i;
  }
  history.push_back({{}, fault(1000 + burst)});
  EXPECT_EQ(decide_restart(escalation, navi21, history, 1000).verdict, Verdict::too_often);
  history.back().outcome.ended_ms = 1000 + interval + 1;  // the first one is forgotten
  EXPECT_EQ(decide_restart(escalation, navi21, history, 1000).verdict, Verdict::restart);
}

TEST(Restart, TheDelayGrowsAndIsForgotten) {
  const Escalation escalation = Escalation::built_in();
  const RestartLimits limits = escalation.limits();
  std::vector<Attempt> history;
  std::vector<std::uint64_t> delays;
  for (std::uint64_t i = 0; i < limits.burst; ++i) {
    history.push_back({{}, fault(i)});
    delays.push_back(decide_restart(escalation, navi21, history, 1000).delay_ms);
  }
  EXPECT_EQ(delays[0], limits.delay_ms);
  EXPECT_EQ(delays[1], 2 * limits.delay_ms);
  EXPECT_EQ(delays[2], 4 * limits.delay_ms);
  EXPECT_EQ(delays.back(), limits.delay_max_ms);
  history.push_back({{}, fault(10 * limits.interval_ms)});
  EXPECT_EQ(decide_restart(escalation, navi21, history, 1000).delay_ms, limits.delay_ms);
}

TEST(Escalation, IsClimbedOneMitigationAtATime) {
  const auto steps = climb(Escalation::built_in(), navi21, fault(0), 8);
  ASSERT_EQ(steps.size(), 8U);
  EXPECT_EQ(steps[0], Names({"miopen-solvers"}));
  EXPECT_EQ(steps[1], Names({"miopen-solvers", "miopen-winograd"}));
  EXPECT_EQ(steps[2], Names({"miopen-solvers", "miopen-winograd", "no-caching-allocator"}));
  // The diagnosis is over.
  EXPECT_EQ(steps[3], Names({"miopen-solvers", "miopen-winograd", "batch-half"}));
  EXPECT_EQ(steps[5].back(), "full-precision");
  EXPECT_EQ(steps[6].back(), "cpu");
  EXPECT_EQ(steps[7], steps[6]) << "none is left: as it was";
}

TEST(Escalation, DependsOnTheGpu) {
  const auto first = [](const RestartContext& context) {
    return climb(Escalation::built_in(), context, fault(0), 1).at(0);
  };
  EXPECT_EQ(first(card("RDNA2", "gfx1031")), Names({"miopen-solvers"}));
  EXPECT_EQ(first(card("RDNA1", "gfx1010")), Names({"miopen-implicit-gemm"}));
  EXPECT_EQ(first(card("RDNA1", "gfx1012")), Names({"no-caching-allocator"}));
  EXPECT_EQ(first(RestartContext{}), Names({"no-caching-allocator"}));
}

TEST(Escalation, DependsOnTheCause) {
  Outcome outcome = fault(0);
  outcome.causes = outcome.sure_causes = {"wrong-isa-override"};
  const auto steps = climb(Escalation::built_in(), card("RDNA1", "gfx1010"), outcome, 4);
  // No solver and no batch helps against code for another GPU; after three faults, the CPU.
  EXPECT_EQ(steps, std::vector<Names>({{}, {}, {"cpu"}, {"cpu"}}));
  outcome.sure_causes.clear();  // only possible
  EXPECT_EQ(climb(Escalation::built_in(), card("RDNA1", "gfx1010"), outcome, 1).at(0),
            Names({"miopen-implicit-gemm"}));
}

TEST(Escalation, AHangIsNotCausedBySolversOrBatches) {
  const auto steps = climb(Escalation::built_in(), navi21, fault(0, FaultKind::hang), 4);
  EXPECT_EQ(steps, std::vector<Names>({{}, {}, {"cpu"}, {"cpu"}}));
}

TEST(Escalation, IsNotClimbedAfterALongCalm) {
  const Escalation escalation = Escalation::built_in();
  Outcome outcome = fault(0);
  outcome.lived_ms = escalation.limits().calm_ms;
  EXPECT_EQ(climb(escalation, navi21, outcome, 3), std::vector<Names>({{}, {}, {}}));
  outcome.lived_ms -= 1;
  EXPECT_EQ(climb(escalation, navi21, outcome, 1), std::vector<Names>({{"miopen-solvers"}}));
}

TEST(Escalation, IsNotClimbedWhileThereIsProgress) {
  const Escalation escalation = Escalation::built_in();
  const std::vector<Names> unchanged(8);
  Outcome outcome = fault(0);
  outcome.progress = 1;
  EXPECT_EQ(climb(escalation, navi21, outcome, 8), unchanged);
  outcome.progress = 0;
  outcome.beats = escalation.limits().progress_beats;
  EXPECT_EQ(climb(escalation, navi21, outcome, 8), unchanged);
  outcome.beats -= 1;
  EXPECT_EQ(climb(escalation, navi21, outcome, 1), std::vector<Names>({{"miopen-solvers"}}));
}

TEST(Escalation, CountsTheFaultsSinceThereWasProgress) {
  Outcome moved = fault(0, FaultKind::hang);
  moved.progress = 3;
  std::vector<Attempt> history;
  const auto next = [&](const Outcome& outcome) {
    history.push_back({{}, outcome});
    history.back().outcome.ended_ms = history.size() * 20 * minute;
    return names(decide_restart(Escalation::built_in(), navi21, history, 1000).mitigations);
  };
  const Outcome stuck = fault(0, FaultKind::hang);
  EXPECT_EQ(next(stuck), Names());
  EXPECT_EQ(next(stuck), Names());
  EXPECT_EQ(next(moved), Names());
  EXPECT_EQ(next(stuck), Names()) << "the first in a row";
  EXPECT_EQ(next(stuck), Names());
  EXPECT_EQ(next(stuck), Names({"cpu"}));
}

TEST(Restart, FaultsWithProgressAreNoBurst) {
  const Escalation escalation = Escalation::built_in();
  const RestartLimits limits = escalation.limits();
  std::vector<Attempt> history;
  for (std::uint64_t i = 0; i < 3 * limits.burst; ++i) {
    history.push_back({{}, fault(1000 + i)});
    history.back().outcome.progress = 1;
    const Decision decision = decide_restart(escalation, navi21, history, 1000);
    EXPECT_EQ(decision.verdict, Verdict::restart) << i;
    EXPECT_EQ(decision.delay_ms, limits.delay_ms) << i;
  }
}

TEST(Restart, ACrashThatIsToBeRetriedIsStartedAgainUnchanged) {
  EXPECT_EQ(climb(Escalation::built_in(), navi21, fault(0, FaultKind::crash), 4),
            std::vector<Names>(4));
  Outcome outcome = fault(0, FaultKind::crash);
  outcome.worked = false;
  outcome.lived_ms = 10;
  EXPECT_EQ(verdict(outcome), Verdict::too_early) << "one that always crashes at the start";
}

TEST(Escalation, TheUsersVariablesStay) {
  const Escalation escalation = Escalation::built_in();
  RestartContext context = navi21;
  context.user_variables = {"MIOPEN_DEBUG_CONV_GEMM", "HIP_VISIBLE_DEVICES"};
  std::vector<Attempt> history = {{{}, fault(0)}};
  Decision decision = decide_restart(escalation, context, history, 9);
  auto set = assignments_of(decision.mitigations, context);
  ASSERT_EQ(set.size(), 1U);
  EXPECT_EQ(set[0].name, "MIOPEN_DEBUG_CONV_DIRECT_OCL_WRW2");
  // Nothing would be left of the mitigation: it is skipped.
  context.user_variables.insert("MIOPEN_DEBUG_CONV_DIRECT_OCL_WRW2");
  context.user_variables.insert("MIOPEN_DEBUG_CONV_WINOGRAD");
  EXPECT_EQ(climb(escalation, context, fault(0), 1).at(0), Names({"no-caching-allocator"}));
  // To give the GPU up means to hide it, whatever was asked for.
  const auto steps = climb(escalation, context, fault(0, FaultKind::hang), 3);
  ASSERT_EQ(steps.at(2), Names({"cpu"}));
  const Mitigation* cpu = &escalation.mitigations().back();
  set = assignments_of({cpu}, context);
  ASSERT_EQ(set.size(), 3U);
  EXPECT_EQ(set[1].name, "HIP_VISIBLE_DEVICES");
  EXPECT_EQ(set[1].value, "-1");
}

TEST(Escalation, ALaterMitigationWins) {
  const Escalation escalation = Escalation::built_in();
  std::vector<const Mitigation*> mitigations;
  for (const Mitigation& mitigation : escalation.mitigations()) {
    if (mitigation.name.starts_with("batch-")) {
      mitigations.push_back(&mitigation);
    }
  }
  ASSERT_EQ(mitigations.size(), 2U);
  const auto set = assignments_of(mitigations, {});
  ASSERT_EQ(set.size(), 1U);
  EXPECT_EQ(set[0].value, "0.25");
}

TEST(Escalation, EveryMitigationIsWhatTheProgramsRead) {
  const Escalation escalation = Escalation::built_in();
  for (const Mitigation& mitigation : escalation.mitigations()) {
    EXPECT_FALSE(mitigation.source.empty()) << mitigation.name;
    for (const Assignment& one : mitigation.set) {
      const bool ours = one.name.starts_with("ROCMFIX_");
      EXPECT_EQ(ours, mitigation.hint || one.name == "ROCMFIX_DEVICE") << one.name;
    }
  }
}

// ---------------------------------------------------------------- /etc/rocmfix/mitigations.toml

class Overlay : public testing::Test {
 protected:
  Result<Escalation> load(const std::string& text) {
    tree_.write("/etc/rocmfix/mitigations.toml", text);
    return Escalation::load(tree_.root());
  }
  std::string refusal(const std::string& text) {
    const auto escalation = load(text);
    return escalation ? "accepted" : escalation.error().what;
  }
  test::TemporaryTree tree_;
};

const std::string mitigation_head = "[[mitigation]]\nname = \"mine\"\nstep = 15\nsummary = \"s\"\n";
const std::string mitigation_tail =
    "when = { fault = [\"memory\"] }\ngrade = \"?\"\nsource = \"me\"\n";

TEST_F(Overlay, NoneIsTheBuiltInEscalation) {
  const auto escalation = Escalation::load(tree_.root());
  ASSERT_TRUE(escalation);
  EXPECT_EQ(escalation->mitigations().size(), Escalation::built_in().mitigations().size());
}

TEST_F(Overlay, AddsReplacesAndSwitchesOff) {
  const auto escalation =
      load("[restart]\nburst = 2\n" + mitigation_head + "set = [\"A=1\"]\n" + mitigation_tail +
           "[[mitigation]]\nname = \"cpu\"\nstep = 90\nsummary = \"s\"\nset = [\"B=\"]\nenabled = "
           "false\n" +
           mitigation_tail);
  ASSERT_TRUE(escalation) << escalation.error().what;
  EXPECT_EQ(escalation->limits().burst, 2U);
  const auto patient = load("[restart]\nprogress_beats = 7\n");
  ASSERT_TRUE(patient);
  EXPECT_EQ(patient->limits().progress_beats, 7U);
  EXPECT_EQ(escalation->limits().calm_ms, Escalation::built_in().limits().calm_ms);
  const auto steps = climb(*escalation, navi21, fault(0), 9);
  EXPECT_EQ(steps.at(2), Names({"miopen-solvers", "miopen-winograd", "mine"}));
  for (const Names& step : steps) {
    EXPECT_EQ(std::count(step.begin(), step.end(), "cpu"), 0);
  }
}

TEST_F(Overlay, RefusesWhatItDoesNotUnderstand) {
  EXPECT_NE(refusal("[restart]\nbursts = 2\n").find("unknown key 'bursts'"), std::string::npos);
  EXPECT_NE(refusal("[restart]\nburst = -2\n").find("'burst'"), std::string::npos);
  EXPECT_NE(refusal(mitigation_head + "set = [\"NO VALUE\"]\n" + mitigation_tail).find("'set'"),
            std::string::npos);
  EXPECT_NE(refusal(mitigation_head + "set = [\"1A=2\"]\n" + mitigation_tail).find("'set'"),
            std::string::npos);
  EXPECT_NE(refusal(mitigation_head + mitigation_tail).find("'set' is missing"), std::string::npos);
  EXPECT_NE(refusal(mitigation_head + "set = [\"A=1\"]\nwhen = {}\ngrade = \"?\"\nsource = \"x\"\n")
                .find("'fault' is missing"),
            std::string::npos);
  EXPECT_NE(refusal(mitigation_head + "set = [\"A=1\"]\nwhen = { fault = [\"flood\"] }\n"
                                      "grade = \"?\"\nsource = \"x\"\n")
                .find("'flood'"),
            std::string::npos);
}

}  // namespace
}  // namespace rocmfix
