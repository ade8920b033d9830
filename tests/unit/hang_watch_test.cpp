// SPDX-License-Identifier: MIT
// When a silence is a hang: looks x signs of life -> hang or not.
#include "rocmfix/hang_watch.hpp"

#include <gtest/gtest.h>

namespace rocmfix {
namespace {

constexpr std::uint64_t second = 1000;
constexpr HangLimit ten_minutes{.ms = 600 * second, .automatic = false, .step_ms = 5 * second};

SignOfLife waiting(std::uint64_t activity = 1) {
  return {.process = 7, .activity = activity, .expected = true, .paused = false, .limit_ms = 0};
}

class HangWatchTest : public testing::Test {
 protected:
  /// Looks every five seconds; after how many seconds it is a hang, 0: never within an hour.
  std::uint64_t hang_after(HangWatch& watch, const std::vector<SignOfLife>& processes,
                           bool reset = false) {
    const std::uint64_t began = now_;
    for (; now_ - began <= 3600 * second; now_ += 5 * second) {
      if (watch.look(now_, processes, reset)) {
        return (now_ - began) / second;
      }
    }
    return 0;
  }
  std::uint64_t now_ = 1;
};

TEST_F(HangWatchTest, ASilenceOfTheLimitIsAHang) {
  HangWatch watch(ten_minutes);
  EXPECT_EQ(hang_after(watch, {waiting()}), 600U);
}

TEST_F(HangWatchTest, WhoSaysNothingAndWaitsForNothingIsNone) {
  HangWatch watch(ten_minutes);
  SignOfLife quiet = waiting();
  quiet.expected = false;
  EXPECT_EQ(hang_after(watch, {quiet}), 0U);
  EXPECT_EQ(hang_after(watch, {}), 0U);
}

TEST_F(HangWatchTest, OneProcessThatMovesIsEnough) {
  HangWatch watch(ten_minutes);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    SignOfLife moving = waiting(i);
    moving.process = 8;
    moving.expected = false;
    EXPECT_FALSE(watch.look(now_ += 5 * second, {waiting(), moving}, false));
  }
}

TEST_F(HangWatchTest, AProcessThatComesOrGoesIsASignOfLife) {
  HangWatch watch(ten_minutes);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    std::vector<SignOfLife> processes = {waiting()};
    if (i % 100 < 50) {
      processes.push_back(waiting());
      processes.back().process = 8;
    }
    EXPECT_FALSE(watch.look(now_ += 5 * second, processes, false)) << i;
  }
}

TEST_F(HangWatchTest, TimeInWhichItIsPausedDoesNotCount) {
  HangWatch watch(ten_minutes);
  SignOfLife paused = waiting();
  paused.paused = true;
  EXPECT_EQ(hang_after(watch, {paused}), 0U);
  EXPECT_EQ(hang_after(watch, {waiting()}), 600U - 5) << "and then it counts from the beginning";
}

TEST_F(HangWatchTest, TimeInWhichNobodyLookedDoesNotCount) {
  HangWatch watch(ten_minutes);
  watch.look(now_, {waiting()}, false);
  EXPECT_FALSE(watch.look(now_ += 3600 * second, {waiting()}, false)) << "rocmfix-run was stopped";
  EXPECT_EQ(watch.silent_ms(), 10 * second);
}

TEST_F(HangWatchTest, AResetLeavesLittleToWaitFor) {
  HangWatch watch(ten_minutes);
  EXPECT_EQ(hang_after(watch, {waiting()}, true), 60U);
  HangWatch with_short_limit({.ms = 40 * second, .automatic = false, .step_ms = 5 * second});
  EXPECT_EQ(hang_after(with_short_limit, {waiting()}, true), 10U);
}

TEST_F(HangWatchTest, AProgramsOwnLimitAppliesOnlyIfAskedFor) {
  SignOfLife process = waiting();
  process.limit_ms = 90 * second;
  HangWatch fixed(ten_minutes);
  EXPECT_EQ(hang_after(fixed, {process}), 600U);
  HangLimit automatic = ten_minutes;
  automatic.automatic = true;
  HangWatch by_program(automatic);
  EXPECT_EQ(hang_after(by_program, {process}), 90U);
  HangWatch not_yet(automatic);
  EXPECT_EQ(hang_after(not_yet, {waiting()}), 600U);
}

TEST_F(HangWatchTest, AProgramsOwnLimitHasBounds) {
  HangLimit automatic = ten_minutes;
  automatic.automatic = true;
  automatic.shortest_ms = 120 * second;
  SignOfLife process = waiting();
  process.limit_ms = 1;
  HangWatch watch(automatic);
  EXPECT_EQ(hang_after(watch, {process}), 120U);
  process.limit_ms = ~std::uint64_t{0};
  watch.look(now_, {process}, false);
  EXPECT_EQ(watch.limit_ms(), 24 * 3600 * second);
}

}  // namespace
}  // namespace rocmfix
