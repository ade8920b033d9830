// SPDX-License-Identifier: MIT
// gpus.toml and settings.toml as they are shipped, and files that would leave a user with a value
// and no reason: policy_lint finds them.
#include "policy_lint.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "policy/condition.hpp"
#include "policy/policy_toml.hpp"

namespace rocmfix::test {
namespace {

using Strings = std::vector<std::string>;

constexpr std::string_view two_chips = R"(
[[chip]]
name = "Navi 10"
gfx = "gfx1010"
gc = ["10.1.10"]
pci = ["731f"]

[[chip]]
name = "Navi 21"
gfx = "gfx1030"
gc = ["10.3.0"]
pci = ["73bf"]
)";

std::string with(std::string_view when) {
  return when.empty() ? "" : fmt::format("when = {{ {} }}\n", when);
}

std::string setting(std::string_view entries = "") {
  return fmt::format("[[setting]]\nlayer = \"module\"\nname = \"noretry\"\nsummary = \"s\"\n{}",
                     entries);
}

std::string propose(std::string_view value, std::string_view when = "",
                    std::string_view profile = "safe") {
  return fmt::format("[[setting.propose]]\nprofile = \"{}\"\nvalue = \"{}\"\n{}", profile, value,
                     with(when));
}

std::string judge(std::string_view when = "") {
  return "[[setting.judge]]\neffect = \"useful\"\nreason = \"r\"\nsource = \"s\"\n" + with(when);
}

Strings found_in(std::string_view settings, std::string_view chips = two_chips) {
  TomlArena arena;
  const auto chip_table = parse_chips(chips, "gpus.toml", arena);
  const auto setting_table = parse_settings(settings, "settings.toml", arena);
  if (!chip_table || !setting_table) {
    return {"not parsed: " + (chip_table ? setting_table.error() : chip_table.error()).what};
  }
  Strings found = lint_chips(*chip_table);
  for (auto& fault : lint_settings(*chip_table, *setting_table)) {
    found.push_back(std::move(fault));
  }
  return found;
}

TEST(PolicyLint, WhatIsShippedIsWhole) {
  const Policy policy = Policy::built_in();
  EXPECT_EQ(lint_chips(policy.chips()), Strings{});
  EXPECT_EQ(lint_settings(policy.chips(), policy.settings()), Strings{});
}

TEST(PolicyLint, AProposalThatIsJudgedIsAccepted) {
  for (const auto* when : {R"(value = ["1"])", R"(value = ["0x1"])", R"(value = ["0", "1"])", ""}) {
    EXPECT_EQ(found_in(setting(propose("1") + judge(when))), Strings{}) << when;
  }
}

TEST(PolicyLint, AProposalWithoutAJudgementOfItsValueIsRefused) {
  EXPECT_EQ(
      found_in(setting(propose("1") + judge(R"(value = ["0"])"))),
      Strings{"noretry: profile safe proposes \"1\" where no judgement of it holds, e.g. with "
              "gfx1010"});
}

// What the proposal may hold under, what is judged, and the machine between the two.
struct Hole {
  const char* proposed;
  const char* judged;
  const char* machine;
};

TEST(PolicyLint, AProposalThatIsJudgedOnOtherMachinesOnlyIsRefused) {
  constexpr Hole holes[] = {
      {"", R"(any_family = ["RDNA1"])", "gfx1030"},
      {R"(any_family = ["RDNA2"])", R"(all_gfx = ["gfx1030"])", "gfx1010 and gfx1030"},
      {R"(any_gfx = ["gfx1030"])", R"(any_gfx_but = ["gfx1030"])", "gfx1030"},
      {"", R"(kernel_below = "7.2")", "gfx1010, kernel 7.2"},
      {"", R"(kernel_at_least = "7.2")", "gfx1010, an older kernel"},
      {R"(kernel_below = "7.3")", R"(kernel_below = "7.2")", "gfx1010, kernel 7.2"},
      {"", "noretry_default = true", "gfx1010, an older kernel"},
      {"", "noretry_default = false", "gfx1010, kernel 6.18.36"},
      {"", "patched = true", "gfx1010, not patched"},
      {"", "patched = false", "gfx1010, patched"},
      {"", "large_bar = true", "gfx1010, not with a large BAR"},
      {"", "forced = true", "gfx1010, not forced"},
      {"ram_above_mib = 100", "ram_above_mib = 200", "gfx1010, 200 MiB of memory"},
      {"", "ram_at_most_mib = 200", "gfx1010, 201 MiB of memory"},
      {R"(configured = ["0", "2"])", R"(configured = ["2"])", R"(gfx1010, "0" configured)"},
      {"", R"(configured = ["2"])", "gfx1010, nothing configured"},
  };
  const std::string value = R"(value = ["1"])";
  for (const auto& [proposed, judged, machine] : holes) {
    const std::string hole = setting(propose("1", proposed) + judge(value + ", " + judged));
    const Strings found = found_in(hole);
    ASSERT_EQ(found.size(), 1U) << judged;
    EXPECT_TRUE(found[0].ends_with(std::string("e.g. with ") + machine)) << found[0];
    // The same with a judgement of the rest is whole.
    EXPECT_EQ(found_in(hole + judge(value)), Strings{}) << judged;
  }
}

// What may be written after a key.
Strings values_of(const detail::KeyForm& form) {
  switch (form.form) {
    case detail::ClauseForm::flag:
      return {"true", "false"};
    case detail::ClauseForm::number:
      return {"100"};
    case detail::ClauseForm::word:
      return {R"("7.2")"};
    case detail::ClauseForm::words:
      break;
  }
  if (form.allowed.empty()) {
    return {R"(["gfx1010"])"};
  }
  Strings values;
  for (const std::string_view word : form.allowed) {
    values.push_back(fmt::format("[\"{}\"]", word));
  }
  return values;
}

// A condition that holds on no made-up machine would hide every proposal under it.
TEST(PolicyLint, SomeMachineMeetsEachCondition) {
  for (const SettingKey& key : setting_keys()) {
    if (key.of_target || key.form.name.starts_with("value")) {
      continue;  // about the judged value: a proposal has none
    }
    for (const std::string& value : values_of(key.form)) {
      const std::string when = fmt::format("{} = {}", key.form.name, value);
      if (when == "has_gpu = false") {
        continue;  // a plan without GPUs proposes nothing
      }
      EXPECT_EQ(found_in(setting(propose("1", when) + judge(R"(value = ["0"])"))).size(), 1U)
          << when;
    }
  }
}

TEST(PolicyLint, EachProfileIsChecked) {
  const Strings found =
      found_in(setting(propose("1") + propose("0", "", "original") + judge(R"(value = ["1"])")));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find(R"(profile original proposes "0")"), std::string::npos) << found[0];
}

TEST(PolicyLint, WhatAnEarlierProposalTakesNeedNotBeJudged) {
  const std::string first = propose("1", R"(any_family = ["RDNA1"])");
  const std::string judged =
      judge(R"(value = ["1"])") + judge(R"(value = ["0"], any_family = ["RDNA2"])");
  // On RDNA1 the second is not the one that counts, but with both GPUs it is judged, too.
  EXPECT_EQ(found_in(setting(first + propose("0") + judged)), Strings{});
  EXPECT_EQ(found_in(setting(propose("0") + first + judged)).size(), 1U);
}

TEST(PolicyLint, TwoEntriesForOneThingOrNoneAreRefused) {
  EXPECT_EQ(found_in(setting(judge()) + setting(judge())), Strings{"noretry is duplicated"});
  EXPECT_EQ(found_in(setting()), Strings{"noretry has no judgement"});
  std::string chips(two_chips);
  EXPECT_EQ(found_in(setting(judge()), chips.replace(chips.find("73bf"), 4, "731f")),
            Strings{"PCI id 731f belongs to two chips"});
  EXPECT_EQ(found_in(setting(judge()), std::string(two_chips) +
                                           "[[chip]]\nname = \"Navi 10\"\ngfx = \"gfx1010\"\n"
                                           "gc = [\"10.1.10\"]\n"),
            Strings{"a GC version of Navi 10 belongs to two chips"});
}

}  // namespace
}  // namespace rocmfix::test
