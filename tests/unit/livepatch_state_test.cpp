// SPDX-License-Identifier: MIT
// The table of the livepatch's states as the library has it. That livepatch-switch says the same of
// a kernel: tests/dkms/test_livepatch_states.py.
#include "machine/livepatch_state.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using detail::find_livepatch_state;
using detail::livepatch_rows;
using detail::LivepatchFacts;

std::string example(std::string_view column) {
  return column == "*" ? "-" : std::string(column);
}

TEST(LivepatchState, EveryStateHasARowWithItsNameAndMeaning) {
  std::set<std::string> names;
  for (int number = 0; number <= static_cast<int>(LivepatchState::on); ++number) {
    const auto state = static_cast<LivepatchState>(number);
    EXPECT_STRNE(to_string(state), "unknown") << number;
    EXPECT_STRNE(describe(state), "") << number;
    names.insert(to_string(state));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(LivepatchState::on) + 1);
  EXPECT_EQ(names.size(), livepatch_rows.size());
  EXPECT_STREQ(to_string(LivepatchState::unpatching), "unpatching");
  EXPECT_STREQ(describe(LivepatchState::off), "rocmfix_livepatch is not loaded");
}

TEST(LivepatchState, EveryRowDecidesSomething) {
  for (const auto& row : livepatch_rows) {
    const LivepatchFacts facts{example(row.module), example(row.rocmfix), example(row.enabled),
                               example(row.transition), example(row.gpu)};
    EXPECT_EQ(find_livepatch_state(facts), row.state) << row.name;
  }
}

TEST(LivepatchState, TheFirstRowThatHoldsCounts) {
  EXPECT_EQ(find_livepatch_state({"no", "1", "1", "0", "yes"}), LivepatchState::off);
  EXPECT_EQ(find_livepatch_state({"yes", "1", "1", "0", "yes"}), LivepatchState::on);
  EXPECT_EQ(find_livepatch_state({"yes", "1", "1", "-", "yes"}), LivepatchState::patching);
  EXPECT_EQ(find_livepatch_state({"yes", "0", "1", "0", "yes"}), LivepatchState::disabled);
}

TEST(LivepatchState, FilesThatAreNotThereOrEmptyAreNoPatch) {
  const test::TemporaryTree tree;
  LoadedModule module;
  EXPECT_EQ(detail::read_livepatch_state(tree.root(), module), LivepatchState::disabled);
  module.parameters["rocmfix"] = "1";
  EXPECT_EQ(detail::read_livepatch_state(tree.root(), module), LivepatchState::waiting);
  tree.write("sys/kernel/livepatch/rocmfix_livepatch/enabled", "\n");
  EXPECT_EQ(detail::read_livepatch_state(tree.root(), module), LivepatchState::waiting);
  tree.write("sys/kernel/livepatch/rocmfix_livepatch/enabled", "1\n");
  tree.write("sys/kernel/livepatch/rocmfix_livepatch/transition", "0\n");
  EXPECT_EQ(detail::read_livepatch_state(tree.root(), module), LivepatchState::on);
  EXPECT_EQ(detail::read_livepatch_state(tree.root(), std::nullopt), LivepatchState::off);
}

}  // namespace
}  // namespace rocmfix
