// SPDX-License-Identifier: MIT
// What settings.toml says of values that users have set: a table, written by hand from the driver's
// and the runtime's behaviour, of which each row holds one judgement's border. `make mutate`
// shows what is missing. The settings whose judgement is by library or by mode have tests of their
// own.
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>

#include "policy/condition.hpp"
#include "rocmfix/plan.hpp"

namespace rocmfix {
namespace {

struct Facts {
  std::string_view gfx = "gfx1010";
  std::string_view kernel = "6.1.0-56-amd64";
  bool patched = false;
  bool large_bar = false;
  std::uint64_t ram_mib = 16384;
};

struct Row {
  std::string_view setting;
  std::string_view value;
  Facts facts;
  Effect effect;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.setting << "=" << row.value << " on " << row.facts.gfx << ", kernel "
       << row.facts.kernel << (row.facts.patched ? ", patched" : "")
       << (row.facts.large_bar ? ", large BAR" : "") << ", " << row.facts.ram_mib << " MiB";
}

constexpr Facts rdna1{};
constexpr Facts rdna1_72{.kernel = "7.2.1"};
constexpr Facts rdna1_6_18_35{.kernel = "6.18.35"};
constexpr Facts rdna1_6_18_36{.kernel = "6.18.36"};
constexpr Facts rdna1_patched{.patched = true};
constexpr Facts rdna1_patched_72{.kernel = "7.2.1", .patched = true};
constexpr Facts rdna2{.gfx = "gfx1030"};
constexpr Facts rdna2_patched{.gfx = "gfx1030", .patched = true};
constexpr Facts large_bar_rdna2{.gfx = "gfx1030", .large_bar = true};
constexpr Facts large_bar{.large_bar = true};
constexpr Facts more_ram{.ram_mib = 16385};
constexpr Facts no_kernel{.kernel = ""};

const auto rows = testing::Values(
    // retry: upstream turns it off for RDNA1 from 7.1 on and in two stable series, for RDNA2 it
    // always was off
    Row{"noretry", "1", rdna1_6_18_35, Effect::useful},
    Row{"noretry", "1", rdna1_6_18_36, Effect::no_op},
    Row{"noretry", "0", rdna1_6_18_35, Effect::no_op},
    Row{"noretry", "0", rdna1_6_18_36, Effect::harmful},
    Row{"noretry", "-1", rdna1_6_18_35, Effect::harmful},
    Row{"noretry", "-1", rdna1_6_18_36, Effect::no_op}, Row{"noretry", "1", rdna1, Effect::useful},
    Row{"noretry", "1", rdna1_patched, Effect::useful},
    Row{"noretry", "1", rdna1_72, Effect::no_op}, Row{"noretry", "1", rdna2, Effect::no_op},
    Row{"noretry", "1", rdna1_patched_72, Effect::no_op},
    Row{"noretry", "0", rdna2, Effect::harmful}, Row{"noretry", "0", rdna1_72, Effect::harmful},
    Row{"noretry", "0", rdna1_patched, Effect::harmful}, Row{"noretry", "0", rdna1, Effect::no_op},
    Row{"noretry", "0", rdna2_patched, Effect::harmful},
    Row{"noretry", "-1", rdna1, Effect::harmful}, Row{"noretry", "-1", rdna1_72, Effect::no_op},
    Row{"noretry", "-1", rdna1_patched, Effect::no_op}, Row{"noretry", "-1", rdna2, Effect::no_op},
    Row{"noretry", "2", rdna1, Effect::unknown}, Row{"noretry", "0", no_kernel, Effect::unknown},
    // stock amdgpu ignores what it does not know
    Row{"rocmfix", "1", rdna1, Effect::no_op}, Row{"rocmfix", "2", rdna1, Effect::no_op},
    Row{"rocmfix", "1", rdna1_patched, Effect::useful},
    Row{"rocmfix", "0", rdna1_patched, Effect::no_op},
    Row{"rocmfix", "7", rdna1_patched, Effect::unknown},
    Row{"gtt_size", "8192", rdna1, Effect::no_op}, Row{"mtype_local", "1", rdna1, Effect::no_op},
    Row{"vm_fragment_size", "9", rdna1, Effect::no_op},
    Row{"vm_fragment_size", "4", rdna1, Effect::no_op},
    // the driver updates compute's tables by the CPU when all of VRAM is visible
    Row{"vm_update_mode", "0", rdna1, Effect::no_op},
    Row{"vm_update_mode", "0", large_bar, Effect::unknown},
    Row{"vm_update_mode", "-1", rdna1, Effect::no_op},
    Row{"vm_update_mode", "-1", large_bar, Effect::no_op},
    Row{"vm_update_mode", "3", rdna1, Effect::unknown},
    Row{"vm_update_mode", "2", large_bar, Effect::no_op},
    // half of the memory is the default: at 16 GiB it is 8192
    Row{"gttsize", "8192", rdna1, Effect::useful},
    Row{"gttsize", "8192", more_ram, Effect::harmful}, Row{"gttsize", "-1", rdna1, Effect::no_op},
    Row{"gttsize", "-1", more_ram, Effect::no_op}, Row{"gttsize", "4096", rdna1, Effect::harmful},
    Row{"gttsize", "8191", rdna1, Effect::harmful}, Row{"gttsize", "8193", rdna1, Effect::unknown},
    Row{"gttsize", "16", more_ram, Effect::harmful}, Row{"gttsize", "-7", rdna1, Effect::no_op},
    Row{"ttm.pages_limit", "2097151", rdna1, Effect::harmful},
    Row{"ttm.pages_limit", "2097152", rdna1, Effect::unknown},
    // what people set besides
    Row{"cwsr_enable", "0", rdna2, Effect::unknown}, Row{"cwsr_enable", "1", rdna2, Effect::no_op},
    Row{"sched_policy", "2", rdna2, Effect::unknown},
    Row{"sched_policy", "3", rdna2, Effect::harmful},
    Row{"ppfeaturemask", "0xfff7bfff", rdna2, Effect::no_op},
    Row{"ppfeaturemask", "0xffffffff", rdna2, Effect::unknown},
    Row{"ppfeaturemask", "0xfff73fff", rdna2, Effect::unknown},
    Row{"gpu_recovery", "0", rdna2, Effect::harmful},
    Row{"gpu_recovery", "0", Facts{.gfx = "gfx1013"}, Effect::no_op},
    Row{"gpu_recovery", "1", rdna2, Effect::no_op},
    Row{"gpu_recovery", "1", Facts{.gfx = "gfx1013"}, Effect::unknown},
    Row{"lockup_timeout", "10000,60000,10000,10000", rdna1, Effect::unknown},
    Row{"lockup_timeout", "10s", rdna1, Effect::harmful}, Row{"mes", "1", rdna1, Effect::harmful},
    Row{"mes", "1", rdna1_72, Effect::no_op},
    Row{"mes", "1", Facts{.kernel = "6.8.0"}, Effect::unknown},
    Row{"mes", "0", rdna1, Effect::no_op}, Row{"num_kcq", "4", rdna1, Effect::unknown},
    Row{"num_kcq", "9", rdna1, Effect::no_op}, Row{"reset_method", "4", rdna1, Effect::unknown},
    Row{"reset_method", "1", rdna1, Effect::no_op}, Row{"moverate", "64", rdna1, Effect::no_op},
    Row{"sg_display", "0", rdna1, Effect::no_op},
    Row{"sg_display", "0", Facts{.gfx = "gfx1036"}, Effect::unknown},
    Row{"dpm", "0", rdna1, Effect::harmful}, Row{"vm_fault_stop", "2", rdna1, Effect::harmful},
    Row{"halt_if_hws_hang", "1", rdna1, Effect::harmful},
    Row{"amdttm.pages_limit", "1", rdna1, Effect::no_op},
    // the environment
    Row{"HSA_FORCE_FINE_GRAIN_PCIE", "1", rdna1, Effect::harmful},
    Row{"HSA_FORCE_FINE_GRAIN_PCIE", "0", rdna1, Effect::no_op},
    Row{"HSA_FORCE_FINE_GRAIN_PCIE", "", rdna1, Effect::no_op},
    Row{"HSA_DISABLE_CACHE", "1", rdna1, Effect::harmful},
    Row{"HSA_DISABLE_CACHE", "0", rdna1, Effect::no_op},
    Row{"HSA_DISABLE_CACHE", "", rdna1, Effect::no_op},
    Row{"HIP_HOST_COHERENT", "1", rdna1, Effect::harmful},
    Row{"HIP_HOST_COHERENT", "0", rdna1, Effect::no_op},
    Row{"PYTORCH_TUNABLEOP_ENABLED", "1", rdna1, Effect::harmful},
    Row{"PYTORCH_TUNABLEOP_ENABLED", "0", rdna1, Effect::no_op},
    Row{"HSA_USE_SVM", "0", rdna1, Effect::no_op},
    Row{"HSA_USE_SVM", "0", rdna1_72, Effect::unknown},
    Row{"HSA_USE_SVM", "0", Facts{.kernel = "7.0"}, Effect::unknown},
    Row{"HSA_USE_SVM", "1", rdna1, Effect::no_op}, Row{"HSA_USE_SVM", "1", rdna1_72, Effect::no_op},
    Row{"HSA_XNACK", "0", rdna1, Effect::no_op}, Row{"HSA_XNACK", "1", rdna1, Effect::no_op},
    Row{"PYTORCH_NO_HIP_MEMORY_CACHING", "1", rdna1, Effect::unknown},
    Row{"HSA_ENABLE_SDMA", "0", rdna1, Effect::unknown},
    Row{"HSA_ENABLE_SDMA", "1", rdna1, Effect::no_op},
    Row{"GPU_MAX_HEAP_SIZE", "100", rdna1, Effect::no_op},
    Row{"GPU_SINGLE_ALLOC_PERCENT", "100", rdna1, Effect::no_op},
    Row{"GPU_MAX_ALLOC_PERCENT", "100", rdna1, Effect::no_op},
    Row{"HSA_FORCE_COHERENT", "1", rdna1, Effect::no_op},
    Row{"HIP_COHERENT", "1", rdna1, Effect::no_op},
    Row{"HSA_HOST_COHERENT", "1", rdna1, Effect::no_op});

Machine machine_of(const Facts& facts) {
  Machine machine;
  Gpu& gpu = machine.gpus.emplace_back();
  gpu.gfx = facts.gfx;
  gpu.family = family_of_gfx(facts.gfx);
  gpu.supported = true;
  gpu.large_bar = facts.large_bar;
  if (!facts.kernel.empty()) {
    machine.driver.kernel_release = facts.kernel;
  }
  machine.driver.installed.emplace();
  if (facts.patched) {
    machine.driver.installed->rocmfix = "series=6.1 patches=5 source=6.1.192-2";
  }
  machine.ram_mib = facts.ram_mib;
  return machine;
}

// As the plan has it, but whatever a profile would propose instead: the first that holds counts.
Effect effect_of(const Row& row) {
  const Machine machine = machine_of(row.facts);
  const Policy policy = Policy::built_in();
  for (const Setting& setting : policy.settings()) {
    if (setting.name != row.setting) {
      continue;
    }
    for (const Judgement& judgement : setting.judgements) {
      if (holds(judgement.when,
                {machine, machine.gpus, false, std::string(row.value), std::nullopt})) {
        return judgement.effect;
      }
    }
    return Effect::unknown;
  }
  ADD_FAILURE() << "no setting " << row.setting;
  return Effect::unknown;
}

class Effects : public testing::TestWithParam<Row> {};

TEST_P(Effects, OfASetValue) {
  EXPECT_EQ(to_string(effect_of(GetParam())), to_string(GetParam().effect));
}

INSTANTIATE_TEST_SUITE_P(Settings, Effects, rows);

using Proposed = std::map<std::string, std::string, std::less<>>;

// What a profile wants where nothing is set, without the override of the target.
Proposed proposed_by(Profile profile, const Facts& facts, bool forced = false) {
  PlanOptions options;
  options.profile = profile;
  options.forced = forced;
  Proposed proposed;
  for (const PlanRow& row : make_plan(machine_of(facts), Policy::built_in(), options).settings) {
    if (row.proposed && row.name != "HSA_OVERRIDE_GFX_VERSION") {
      proposed[row.name] = *row.proposed;
    }
  }
  return proposed;
}

TEST(Proposals, TheSafeProfileTurnsRetryOffWhereTheStockKernelHasItOn) {
  EXPECT_EQ(proposed_by(Profile::safe, rdna1), (Proposed{{"noretry", "1"}}));
  for (const Facts& facts : {rdna1_72, rdna1_patched, rdna2, large_bar_rdna2}) {
    EXPECT_EQ(proposed_by(Profile::safe, facts), Proposed());
  }
}

TEST(Proposals, TheOriginalProfileIsExactlyTheOriginalFix) {
  Proposed original{{"noretry", "0"},
                    {"vm_fragment_size", "9"},
                    {"vm_update_mode", "0"},
                    {"HSA_FORCE_FINE_GRAIN_PCIE", "1"},
                    {"HSA_USE_SVM", "0"},
                    {"HSA_XNACK", "0"},
                    {"PYTORCH_NO_HIP_MEMORY_CACHING", "1"}};
  EXPECT_EQ(proposed_by(Profile::original, more_ram), original);
  original["gttsize"] = "8192";
  EXPECT_EQ(proposed_by(Profile::original, more_ram, true), original);
  EXPECT_EQ(proposed_by(Profile::original, rdna1), original);
  original["rocmfix_mtype"] = "3";
  EXPECT_EQ(proposed_by(Profile::original, rdna1_patched), original);
}

}  // namespace
}  // namespace rocmfix
