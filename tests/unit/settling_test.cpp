// SPDX-License-Identifier: MIT
#include "rocmfix/settling.hpp"

#include <gtest/gtest.h>

namespace rocmfix {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const Settling::Clock::time_point start{1000s};

TEST(Settling, NothingIsDueWhileNothingIsOpen) {
  Settling settling;
  settling.note(false, 0, start);
  EXPECT_FALSE(settling.due(start + 1000s));
  EXPECT_EQ(settling.wait_ms(start + 1000s), -1);
}

TEST(Settling, AnIncidentIsOverAWhileAfterItsLastLineThoughOthersContinue) {
  Settling settling;
  settling.note(true, 1, start);
  settling.note(true, 2, start + 1s);
  for (auto now = start + 1s; now < start + 4s; now += 10ms) {
    settling.note(true, 2, now);
    EXPECT_FALSE(settling.due(now));
  }
  EXPECT_TRUE(settling.due(start + 4s));
  settling.note(false, 2, start + 4s);
  EXPECT_FALSE(settling.due(start + 5s));
}

TEST(Settling, AStormIsCutAndTheNextPartHasItsOwnTime) {
  Settling settling;
  std::uint64_t lines = 0;
  auto now = start;
  for (; !settling.due(now) && now < start + 100s; now += 1s) {
    settling.note(true, ++lines, now);
  }
  EXPECT_EQ(now, start + Settling::longest);
  settling.note(false, lines, now);
  settling.note(true, lines + 1, now + 1s);
  EXPECT_FALSE(settling.due(now + 3s));
  EXPECT_TRUE(settling.due(now + 4s));
}

TEST(Settling, TheWaitEndsNotBeforeItIsDue) {
  Settling settling;
  settling.note(true, 1, start);
  EXPECT_EQ(settling.wait_ms(start), 3000);
  const auto now = start + 999ms + std::chrono::nanoseconds(1);
  EXPECT_EQ(settling.wait_ms(now), 2001);
  EXPECT_TRUE(settling.due(now + 2001ms));
  EXPECT_EQ(settling.wait_ms(start + 60s), 0) << "the process was stopped meanwhile";
}

}  // namespace
}  // namespace rocmfix
