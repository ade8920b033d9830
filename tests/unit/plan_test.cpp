// SPDX-License-Identifier: MIT
#include "rocmfix/plan.hpp"

#include <gtest/gtest.h>

#include "policy/condition.hpp"
#include "rocmfix/environment.hpp"
#include "util/kernel_version.hpp"

namespace rocmfix {
namespace {

Gpu gpu_of(std::string gfx, GcVersion gc) {
  Gpu gpu;
  gpu.gfx = std::move(gfx);
  gpu.gc = gc;
  gpu.family = family_of(gc);
  gpu.supported = gpu.family != Family::other;
  return gpu;
}

Machine machine_with(std::vector<Gpu> gpus, std::string kernel = "6.1.0-56-amd64") {
  Machine machine;
  machine.gpus = std::move(gpus);
  machine.driver.kernel_release = std::move(kernel);
  machine.driver.installed.emplace();
  return machine;
}

const PlanRow* row_of(const Plan& plan, std::string_view name) {
  for (const PlanRow& row : plan.settings) {
    if (row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

Plan safe_plan(const Machine& machine) {
  return make_plan(machine, Policy::built_in(), {});
}

const Gpu navi10 = gpu_of("gfx1010", {10, 1, 10});
const Gpu navi21 = gpu_of("gfx1030", {10, 3, 0});
const Gpu navi22 = gpu_of("gfx1031", {10, 3, 2});
const Gpu navi31 = gpu_of("gfx1100", {11, 0, 0});

TEST(Plan, NothingIsPlannedForOtherHardware) {
  PlanOptions options;
  options.all = true;
  options.profile = Profile::original;
  options.forced = true;
  EXPECT_TRUE(make_plan(machine_with({navi31}), Policy::built_in(), options).settings.empty());
  EXPECT_TRUE(make_plan(machine_with({}), Policy::built_in(), options).settings.empty());
}

TEST(Plan, RetryIsTurnedOffOnlyWhereTheKernelWouldTurnItOn) {
  EXPECT_EQ(row_of(safe_plan(machine_with({navi10})), "noretry")->proposed, "1");
  EXPECT_EQ(row_of(safe_plan(machine_with({navi10}, "6.12.117")), "noretry")->proposed, "1");
  EXPECT_EQ(row_of(safe_plan(machine_with({navi10}, "7.2.13")), "noretry")->proposed, std::nullopt);
  EXPECT_EQ(row_of(safe_plan(machine_with({navi21})), "noretry")->proposed, std::nullopt);
}

TEST(Plan, APointReleaseThatWasGivenTheRetryDefaultNeedsNoOption) {
  const auto proposed = [](const char* kernel) {
    return row_of(safe_plan(machine_with({navi10}, kernel)), "noretry")->proposed;
  };
  for (const char* kernel : {"6.6.100", "6.17.9", "6.18.35", "6.18.35+deb14-amd64", "6.19.14",
                             "7.0.12", "7.0.12-arch1-1"}) {
    EXPECT_EQ(proposed(kernel), "1") << kernel;
  }
  for (const char* kernel : {"6.18.36", "6.18.36+deb14-amd64", "6.18.100", "7.0.13", "7.1.0",
                             "7.1.2", "7.2.13+deb13-amd64", "8.0"}) {
    EXPECT_EQ(proposed(kernel), std::nullopt) << kernel;
  }
}

TEST(Plan, AnUbuntuKernelIsTakenForThePointReleaseThatItIsBasedOn) {
  Machine machine = machine_with({navi10}, "7.0.0-28-generic");
  EXPECT_EQ(row_of(safe_plan(machine), "noretry")->proposed, std::nullopt) << "not known";
  machine.driver.kernel_upstream = "7.0.12";
  EXPECT_EQ(row_of(safe_plan(machine), "noretry")->proposed, "1");
  machine.driver.kernel_upstream = "7.0.13";
  EXPECT_EQ(row_of(safe_plan(machine), "noretry")->proposed, std::nullopt);
  EXPECT_EQ(row_of(safe_plan(machine_with({navi10}, "6.8.0-45-generic")), "noretry")->proposed,
            "1");
}

TEST(Plan, AnUnknownKernelNeverHolds) {
  Machine machine = machine_with({navi10});
  machine.driver.kernel_release.reset();
  EXPECT_EQ(row_of(safe_plan(machine), "noretry")->proposed, std::nullopt);
}

TEST(Plan, AConfiguredRetryIsAnsweredOnEitherFamily) {
  Machine machine = machine_with({navi21});
  machine.configured["noretry"] = "0x0";
  machine.configured_by_others["noretry"] = "0x0";
  const Plan plan = safe_plan(machine);
  EXPECT_EQ(row_of(plan, "noretry")->configured, "0x0");
  EXPECT_EQ(row_of(plan, "noretry")->proposed, "1");
}

TEST(Plan, RocmfixConfDoesNotWithdrawTheProposalThatCausedIt) {
  Machine machine = machine_with({navi21});
  machine.configured["noretry"] = "1";
  machine.configured_by_others["noretry"] = "0";
  const Plan plan = safe_plan(machine);
  EXPECT_EQ(row_of(plan, "noretry")->configured, "1");
  EXPECT_EQ(row_of(plan, "noretry")->proposed, "1");
}

TEST(Plan, TheOriginalRetryValueIsHarmfulWhereItTurnsRetryOn) {
  PlanOptions options;
  options.profile = Profile::original;
  const auto effect = [&](const Machine& machine) {
    return row_of(make_plan(machine, Policy::built_in(), options), "noretry")->effect;
  };
  EXPECT_EQ(effect(machine_with({navi10})), Effect::no_op);
  EXPECT_EQ(effect(machine_with({navi21})), Effect::harmful);
  EXPECT_EQ(effect(machine_with({navi10}, "7.3.4")), Effect::harmful);
  Machine patched = machine_with({navi10});
  patched.driver.installed->rocmfix = "series=6.1 patches=5 source=6.1.192-2";
  EXPECT_EQ(effect(patched), Effect::harmful);
}

TEST(Plan, GttIsNeverLoweredUnlessForced) {
  PlanOptions options;
  options.profile = Profile::original;
  Machine machine = machine_with({navi10});
  machine.ram_mib = 32 * 1024;
  Plan plan = make_plan(machine, Policy::built_in(), options);
  EXPECT_EQ(row_of(plan, "gttsize")->proposed, std::nullopt);
  EXPECT_EQ(row_of(plan, "gttsize")->effect, Effect::harmful);
  options.forced = true;
  plan = make_plan(machine, Policy::built_in(), options);
  EXPECT_EQ(row_of(plan, "gttsize")->proposed, "8192");
  machine.ram_mib = 16 * 1024 - 500;
  options.forced = false;
  plan = make_plan(machine, Policy::built_in(), options);
  EXPECT_EQ(row_of(plan, "gttsize")->proposed, "8192");
  EXPECT_EQ(row_of(plan, "gttsize")->effect, Effect::useful);
}

Software carrying(std::vector<std::string> targets) {
  Software software;
  software.state = SoftwareState::known;
  software.libraries = {{"/torch/lib/libtorch_hip.so", std::move(targets), true}};
  return software;
}

std::optional<std::string> override_for(std::vector<Gpu> gpus, Software software) {
  Machine machine = machine_with(std::move(gpus));
  machine.software = std::move(software);
  const Plan plan = safe_plan(machine);
  const PlanRow* const row = row_of(plan, "HSA_OVERRIDE_GFX_VERSION");
  return row == nullptr ? std::nullopt : row->proposed;
}

TEST(Plan, TheOverrideNeedsEveryGpuToShareTheInstructionSet) {
  const auto proposed = [](std::vector<Gpu> gpus) {
    return override_for(std::move(gpus), carrying({"gfx1030"}));
  };
  EXPECT_EQ(proposed({navi22}), "10.3.0");
  EXPECT_EQ(proposed({navi22, gpu_of("gfx1036", {10, 3, 6})}), "10.3.0");
  EXPECT_EQ(proposed({gpu_of("gfx1036", {10, 3, 6})}), "10.3.0");
  EXPECT_EQ(proposed({navi21}), std::nullopt);
  EXPECT_EQ(proposed({navi10}), std::nullopt);
  EXPECT_EQ(proposed({navi22, navi10}), std::nullopt);
  EXPECT_EQ(proposed({navi22, navi31}), std::nullopt);
  Gpu unknown = navi22;
  unknown.gfx.reset();
  EXPECT_EQ(proposed({navi22, unknown}), std::nullopt);
}

TEST(Plan, TheOverrideIsProposedOnlyToAProgramThatIsKnownToNeedIt) {
  EXPECT_EQ(override_for({navi22}, {}), std::nullopt);
  for (const auto state : {SoftwareState::unnamed, SoftwareState::unknown, SoftwareState::none}) {
    Software software;
    software.state = state;
    EXPECT_EQ(override_for({navi22}, software), std::nullopt);
  }
  EXPECT_EQ(override_for({navi22}, carrying({"gfx1031"})), std::nullopt);
  EXPECT_EQ(override_for({navi22}, carrying({"gfx10-3-generic"})), std::nullopt);
  EXPECT_EQ(override_for({navi22}, carrying({"gfx1030", "gfx1031"})), std::nullopt);
  EXPECT_EQ(override_for({navi22}, carrying({"gfx1100"})), std::nullopt);
  EXPECT_EQ(override_for({navi22}, carrying({"gfx1030", "gfx1100"})), "10.3.0");
}

TEST(Plan, TheProgramIsExaminedOnlyWhereTheOverrideMatters) {
  const auto needed = [](std::vector<Gpu> gpus, Environment environment) {
    Machine machine = machine_with(std::move(gpus));
    machine.environment = std::move(environment);
    return needs_software(machine, Policy::built_in(), Profile::safe);
  };
  EXPECT_TRUE(needed({navi22}, {}));
  EXPECT_TRUE(needed({navi10}, {}));
  EXPECT_FALSE(needed({navi21}, {}));
  EXPECT_FALSE(needed({navi31}, {}));
  EXPECT_TRUE(needed({navi21}, {{"HSA_OVERRIDE_GFX_VERSION", "10.3.0"}}));
  EXPECT_TRUE(needed({navi21}, {{"HSA_OVERRIDE_GFX_VERSION_1", "10.3.0"}}));
  EXPECT_FALSE(needed({navi21}, {{"HSA_OVERRIDE_GFX_VERSION_X", "10.3.0"}}));
}

TEST(Plan, AReasonNamesWhatWasFound) {
  Machine machine = machine_with({navi22});
  machine.software = carrying({"gfx1031", "gfx906"});
  machine.environment["HSA_OVERRIDE_GFX_VERSION"] = "10.3.0";
  const Plan plan = safe_plan(machine);
  const PlanRow& row = *row_of(plan, "HSA_OVERRIDE_GFX_VERSION");
  EXPECT_EQ(row.effect, Effect::harmful);
  EXPECT_NE(
      row.reason.find("looks for gfx1030 code, and libtorch_hip.so carries code for gfx1031:"),
      std::string::npos)
      << row.reason;
  EXPECT_NE(row.reason.find("Type: unset HSA_OVERRIDE_GFX_VERSION"), std::string::npos);
  EXPECT_EQ(row.reason.find('{'), std::string::npos);
}

TEST(Plan, WhatIsUnknownIsNotCalledHarmful) {
  Machine machine = machine_with({navi22});
  machine.gpus.front().gfx.reset();
  machine.environment["HSA_OVERRIDE_GFX_VERSION"] = "10.3.0";
  EXPECT_EQ(row_of(safe_plan(machine), "HSA_OVERRIDE_GFX_VERSION")->effect, Effect::unknown);
}

TEST(Plan, TheUsersEnvironmentIsJudgedBeforeTheProposal) {
  Machine machine = machine_with({navi10});
  machine.environment["HSA_OVERRIDE_GFX_VERSION"] = "10.3.0";
  const Plan plan = safe_plan(machine);
  EXPECT_EQ(row_of(plan, "HSA_OVERRIDE_GFX_VERSION")->effect, Effect::harmful);
  const EnvironmentPlan environment = environment_of(plan, {});
  EXPECT_TRUE(environment.set.empty());
  ASSERT_EQ(environment.warnings.size(), 1U);
  EXPECT_EQ(environment.warnings.front().name, "HSA_OVERRIDE_GFX_VERSION");
}

TEST(Plan, AnEmptyVariableCountsAsSetByTheUser) {
  Machine machine = machine_with({navi22});
  machine.environment["HSA_OVERRIDE_GFX_VERSION"] = "";
  const EnvironmentPlan environment = environment_of(safe_plan(machine), {});
  EXPECT_TRUE(environment.set.empty());
  ASSERT_EQ(environment.warnings.size(), 1U);
  EXPECT_EQ(environment.warnings.front().value, "");
}

TEST(SameValue, ComparesAsTheKernelReads) {
  EXPECT_TRUE(same_value("1", "0x1"));
  EXPECT_TRUE(same_value("-1", "-1"));
  EXPECT_TRUE(same_value("Y", "1"));
  EXPECT_TRUE(same_value("N", "0"));
  EXPECT_TRUE(same_value("010", "8"));
  EXPECT_FALSE(same_value("1", "0"));
  EXPECT_FALSE(same_value("10.3.0", "10.3"));
  EXPECT_FALSE(same_value("", "0"));
}

TEST(CompareKernels, OrdersByTheLeadingNumbers) {
  EXPECT_TRUE(*compare_kernels("6.1.0-56-amd64", "7.2") < 0);
  EXPECT_TRUE(*compare_kernels("6.12.117+deb12-amd64", "6.2") > 0);
  EXPECT_TRUE(*compare_kernels("7.2.13", "7.2") > 0);
  EXPECT_TRUE(*compare_kernels("7.2-rc1", "7.2") == 0);
  EXPECT_FALSE(compare_kernels("amd64", "7.2"));
}

}  // namespace
}  // namespace rocmfix
