// SPDX-License-Identifier: MIT
// The figures of a trial, next to those of R and scipy, which were asked for them once.
#include "trial/statistics.hpp"

#include <gtest/gtest.h>

#include "trial/e_process.hpp"

#include <cmath>

namespace rocmfix::trial {
namespace {

TEST(TrialStatistics, AnExactIntervalIsClopperAndPearsons) {
  EXPECT_NEAR(exact_interval({0, 20}).low, 0.000000, 1e-6);
  EXPECT_NEAR(exact_interval({0, 20}).high, 0.168433, 1e-6);
  EXPECT_NEAR(exact_interval({3, 10}).low, 0.066740, 1e-6);
  EXPECT_NEAR(exact_interval({3, 10}).high, 0.652453, 1e-6);
  EXPECT_NEAR(exact_interval({10, 10}).low, 0.691503, 1e-6);
  EXPECT_NEAR(exact_interval({10, 10}).high, 1.000000, 1e-6);
  EXPECT_NEAR(exact_interval({1, 200}).low, 0.000127, 1e-6);
  EXPECT_NEAR(exact_interval({1, 200}).high, 0.027542, 1e-6);
  EXPECT_EQ(exact_interval({0, 0}).low, 0.0);
  EXPECT_EQ(exact_interval({0, 0}).high, 1.0);
}

TEST(TrialStatistics, NoFaultInTwentyRunsLeavesFourteenPercent) {
  EXPECT_NEAR(highest_rate({0, 20}), 0.1391, 1e-4);
  EXPECT_NEAR(highest_rate({1, 20}), 0.2161, 1e-4);
  EXPECT_EQ(highest_rate({20, 20}), 1.0);
  EXPECT_EQ(highest_rate({0, 0}), 1.0);
}

// The first two are Newcombe's own examples, table II, as difference p1 - p2; here it is b - a.
TEST(TrialStatistics, ADifferenceHasNewcombesInterval) {
  const Interval first = difference_interval({48, 80}, {56, 70});
  EXPECT_NEAR(first.low, 0.0524, 1e-4);
  EXPECT_NEAR(first.high, 0.3339, 1e-4);
  const Interval none = difference_interval({0, 10}, {0, 20});
  EXPECT_NEAR(none.low, -0.2775, 1e-4);
  EXPECT_NEAR(none.high, 0.1611, 1e-4);
  const Interval unknown = difference_interval({0, 0}, {3, 4});
  EXPECT_EQ(unknown.low, -1.0);
  EXPECT_EQ(unknown.high, 1.0);
}

TEST(TrialStatistics, FishersTestIsScipys) {
  EXPECT_NEAR(fisher_exact({8, 10}, {1, 10}), 0.005477, 1e-6);
  EXPECT_NEAR(fisher_exact({10, 20}, {0, 20}), 0.000436, 1e-6);
  EXPECT_NEAR(fisher_exact({3, 7}, {2, 15}), 0.274322, 1e-6);
  EXPECT_NEAR(fisher_exact({1, 40}, {3, 40}), 0.615321, 1e-6);
  EXPECT_EQ(fisher_exact({0, 5}, {0, 9}), 1.0);
  EXPECT_EQ(fisher_exact({5, 5}, {9, 9}), 1.0);
  EXPECT_EQ(fisher_exact({0, 0}, {9, 9}), 1.0);
}

TEST(TrialStatistics, TheRankTestIsScipys) {
  EXPECT_NEAR(rank_test({1, 2, 3, 4, 5}, {4, 6, 7, 8, 9, 10}).p, 0.017365, 1e-6);
  EXPECT_NEAR(rank_test({1.5, 2, 2, 9}, {2, 3, 2, 2.5, 4}).p, 0.522431, 1e-6);
  EXPECT_NEAR(rank_test({10, 11, 12, 13}, {1, 2, 3, 4}).p, 0.030383, 1e-6);
  EXPECT_EQ(rank_test({1, 2, 3}, {10, 20, 30, 40}).p, 1.0);
  EXPECT_EQ(rank_test({5, 5, 5, 5}, {5, 5, 5, 5}).p, 1.0);
  EXPECT_NEAR(rank_test({10, 10, 10, 10}, {20, 20, 20, 20}).ratio, 2.0, 1e-12);
}

TEST(TrialStatistics, AMedianIsTheMiddleOne) {
  EXPECT_EQ(median({}), 0.0);
  EXPECT_EQ(median({3, 1, 2}), 2.0);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

/// With equal rates a bet gains nothing on average, whatever it expects: that is the whole proof of
/// the error rate.
TEST(TrialStatistics, ABetOnADifferenceIsFairWhateverTheCommonRate) {
  for (double a = 0.05; a < 1; a += 0.1) {
    for (double b = 0.05; b < 1; b += 0.1) {
      double highest = 0.0;
      for (double common = 0.0; common <= 1.0; common += 0.01) {
        double expected = 0.0;
        for (const bool fault_a : {false, true}) {
          for (const bool fault_b : {false, true}) {
            expected += (fault_a ? common : 1 - common) * (fault_b ? common : 1 - common) *
                        EProcess::factor(a, b, fault_a, fault_b);
          }
        }
        highest = std::max(highest, expected);
      }
      EXPECT_LE(highest, 1.0 + 1e-12) << a << " " << b;
      EXPECT_GT(highest, 0.9);
    }
  }
}

TEST(TrialStatistics, FourPairsThatAllDifferAreConvincing) {
  EProcess process;
  for (int i = 0; i < 3; ++i) {
    process.add(true, false);
    EXPECT_FALSE(process.rejects(0.05));
  }
  process.add(true, false);
  EXPECT_TRUE(process.rejects(0.05));
  EXPECT_NEAR(std::exp(process.log_value()), 36.8240, 1e-4);
}

TEST(TrialStatistics, WhatWasReachedStaysReached) {
  EProcess process;
  for (int i = 0; i < 6; ++i) {
    process.add(true, false);
  }
  const double reached = process.log_highest();
  for (int i = 0; i < 4; ++i) {
    process.add(false, true);
  }
  EXPECT_LT(process.log_value(), reached);
  EXPECT_EQ(process.log_highest(), reached);
  EXPECT_TRUE(process.rejects(0.05));
}

}  // namespace
}  // namespace rocmfix::trial
