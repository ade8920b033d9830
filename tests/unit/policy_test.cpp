// SPDX-License-Identifier: MIT
#include "rocmfix/policy.hpp"

#include <gtest/gtest.h>

#include "policy/policy_toml.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;

Error error_of_settings(std::string_view text) {
  TomlArena arena;
  const auto parsed = parse_settings(text, "settings.toml", arena);
  return parsed ? Error{} : parsed.error();
}

TEST(Policy, OnlyGc101And103AreSupportedFamilies) {
  EXPECT_EQ(family_of({10, 1, 10}), Family::rdna1);
  EXPECT_EQ(family_of({10, 3, 7}), Family::rdna2);
  EXPECT_EQ(family_of({10, 2, 0}), Family::other);
  EXPECT_EQ(family_of({10, 4, 0}), Family::other);
  EXPECT_EQ(family_of({9, 1, 0}), Family::other);
  EXPECT_EQ(family_of({11, 1, 0}), Family::other);
  EXPECT_EQ(family_of({11, 3, 0}), Family::other);
}

TEST(Policy, OnlyGfx101xAnd103xTargetsAreSupportedFamilies) {
  EXPECT_EQ(family_of_gfx("gfx1010"), Family::rdna1);
  EXPECT_EQ(family_of_gfx("gfx1036"), Family::rdna2);
  for (const auto* other : {"gfx1100", "gfx90a", "gfx1020", "gfx103", "gfx10300", "gfx1250", ""}) {
    EXPECT_EQ(family_of_gfx(other), Family::other) << other;
  }
}

TEST(Policy, EveryShippedChipIsOfOneSupportedFamily) {
  const Policy policy = Policy::built_in();
  ASSERT_GE(policy.chips().size(), 11U);
  for (const Chip& chip : policy.chips()) {
    EXPECT_NE(family_of_gfx(chip.gfx), Family::other) << chip.name;
    for (const GcVersion& gc : chip.gc) {
      EXPECT_EQ(family_of(gc), family_of_gfx(chip.gfx)) << chip.name;
    }
  }
}

TEST(Policy, TheVictimOfTheOriginalFixIsKnownByItsPciId) {
  const Policy policy = Policy::built_in();
  const Chip* chip = policy.chip_by_pci(0x731f);
  ASSERT_NE(chip, nullptr);
  EXPECT_EQ(chip->gfx, "gfx1010");
  EXPECT_EQ(policy.chip_by_pci(0x744c), nullptr);  // RX 7900 XTX
}

TEST(Policy, EveryJudgementHasAReasonAndASource) {
  const Policy policy = Policy::built_in();
  for (const Setting& setting : policy.settings()) {
    EXPECT_FALSE(setting.judgements.empty()) << setting.name;
    for (const Judgement& judgement : setting.judgements) {
      EXPECT_FALSE(judgement.reason.empty()) << setting.name;
      EXPECT_FALSE(judgement.source.empty()) << setting.name;
    }
  }
}

TEST(PolicyToml, AnUnknownKeyIsNamedWithItsLine) {
  const Error error = error_of_settings(
      "[[setting]]\nlayer = \"module\"\nname = \"a\"\nsummary = \"b\"\ncolour = \"red\"\n");
  EXPECT_EQ(error.what, "settings.toml:5: unknown key 'colour'");
  EXPECT_NE(error.hint.find("propose"), std::string::npos);
}

TEST(PolicyToml, AMissingKeyIsNamed) {
  EXPECT_EQ(error_of_settings("[[setting]]\nlayer = \"module\"\nsummary = \"b\"\n").what,
            "settings.toml:1: 'name' is missing");
}

TEST(PolicyToml, AWrongTypeIsNamed) {
  EXPECT_NE(error_of_settings("setting = 3\n").what.find("must be a list"), std::string::npos);
  EXPECT_NE(error_of_settings("[[setting]]\nlayer = 1\n").what.find("must be a string"),
            std::string::npos);
}

TEST(PolicyToml, ASyntaxErrorIsNamedWithItsLine) {
  EXPECT_EQ(error_of_settings("\n\n[[setting\n").what.substr(0, 16), "settings.toml:3:");
}

TEST(PolicyToml, AnUnsupportedFamilyCannotBeWritten) {
  const Error error = error_of_settings(
      "[[setting]]\nlayer = \"module\"\nname = \"a\"\nsummary = \"b\"\n[[setting.propose]]\n"
      "profile = \"safe\"\nvalue = \"1\"\nwhen = { any_family = [\"RDNA3\"] }\n");
  EXPECT_NE(error.what.find("'any_family' cannot be 'RDNA3'"), std::string::npos);
}

TEST(PolicyToml, AChipOutsideTheSupportedGcVersionsCannotBeWritten) {
  TomlArena arena;
  const auto parsed = parse_chips(
      "[[chip]]\nname = \"Navi 31\"\ngfx = \"gfx1100\"\ngc = [\"11.0.0\"]\n", "gpus.toml", arena);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().what.find("'11.0.0' is not a GC version of gfx1100"), std::string::npos);
}

TEST(Policy, AnOverlayReplacesByNameAndAddsTheRest) {
  const TemporaryTree tree;
  tree.write("etc/rocmfix/settings.toml",
             "[[setting]]\nlayer = \"module\"\nname = \"noretry\"\nsummary = \"ours\"\n"
             "[[setting]]\nlayer = \"environment\"\nname = \"NEW\"\nsummary = \"new\"\n");
  const auto policy = Policy::load(tree.root());
  ASSERT_TRUE(policy);
  const auto built_in = Policy::built_in().settings();
  ASSERT_EQ(policy->settings().size(), built_in.size() + 1);
  EXPECT_EQ(policy->settings().front().summary, "ours");
  EXPECT_EQ(policy->settings().back().name, "NEW");
}

TEST(Policy, WithoutAnOverlayTheBuiltInTablesAreUsedAsTheyAre) {
  const TemporaryTree tree;
  const auto policy = Policy::load(tree.root());
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->settings().data(), Policy::built_in().settings().data());
}

}  // namespace
}  // namespace rocmfix
