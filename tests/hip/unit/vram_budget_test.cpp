// SPDX-License-Identifier: MIT
#include "ledger/vram_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace rocmfix::hip {
namespace {

TEST(VramBudget, RefusesWhatGoesOverTheLimit) {
  VramBudget budget;
  budget.start(100);
  EXPECT_TRUE(budget.charge(60));
  EXPECT_FALSE(budget.charge(41));
  EXPECT_EQ(budget.used(), 60U);
  EXPECT_TRUE(budget.charge(40));
  EXPECT_EQ(budget.left(), 0U);
  EXPECT_FALSE(budget.charge(1));
  budget.refund(50);
  EXPECT_EQ(budget.left(), 50U);
}

TEST(VramBudget, HugeRequestDoesNotOverflow) {
  VramBudget budget;
  budget.start(100);
  EXPECT_TRUE(budget.charge(50));
  EXPECT_FALSE(budget.charge(UINT64_MAX));
  EXPECT_FALSE(budget.charge(UINT64_MAX - 10));
}

TEST(VramBudget, TheRuntimesOwnBlocksHaveAReserveBeyondTheLimit) {
  constexpr uint64_t limit = uint64_t{1} << 30U;
  VramBudget budget;
  budget.start(limit);
  EXPECT_TRUE(budget.charge_unannounced(limit));
  EXPECT_FALSE(budget.charge_unannounced(VramBudget::large)) << "no runtime asks for that";
  constexpr uint64_t small = VramBudget::large / 2;
  uint64_t given = 0;
  while (budget.charge_unannounced(small)) {
    given += small;
  }
  EXPECT_EQ(given, VramBudget::of_runtime);
  EXPECT_FALSE(budget.charge(1));
  EXPECT_EQ(budget.left(), 0U);
  VramBudget unlimited;
  unlimited.start(0);
  EXPECT_TRUE(unlimited.charge_unannounced(limit));
}

TEST(VramBudget, WithoutALimitItOnlyCounts) {
  VramBudget budget;
  budget.start(0);
  EXPECT_TRUE(budget.charge(uint64_t{1} << 50U));
  EXPECT_EQ(budget.used(), uint64_t{1} << 50U);
}

TEST(VramBudget, RuntimesOwnBlocksCountAndAreNeverRefused) {
  VramBudget budget;
  budget.start(100);
  budget.charge_anyway(150);
  EXPECT_EQ(budget.left(), 0U);
  EXPECT_FALSE(budget.charge(1));
}

TEST(VramBudget, ThreadsTogetherStayWithinTheLimit) {
  VramBudget budget;
  budget.start(1000);
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        granted += budget.charge(7) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(granted, 1000 / 7);
  EXPECT_EQ(budget.used(), 1000U / 7 * 7);
}

}  // namespace
}  // namespace rocmfix::hip
