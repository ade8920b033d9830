// SPDX-License-Identifier: MIT
// The statistics of a trial on modelled runs (tests/trial/model.hpp): the short form of
// `make check-evidence`.
#include <gtest/gtest.h>

#include "../trial/model.hpp"

namespace rocmfix::trial {
namespace {

using model::constant;

constexpr std::uint64_t trials = 1000;

TEST(TrialModel, ArmsThatDoNotDifferAreRarelyCalledDifferent) {
  std::mt19937_64 random(1);
  for (const double rate : {0.1, 0.5, 0.9}) {
    const Count error =
        model::first_kind_error(random, {constant(rate), constant(rate)}, 30, trials);
    EXPECT_LE(error.rate(), alpha) << rate;
  }
}

TEST(TrialModel, FourComparisonsShareTheErrorRate) {
  std::mt19937_64 random(2);
  const Count error = model::first_kind_error(random, std::vector(5, constant(0.5)), 20, trials);
  EXPECT_LE(error.rate(), alpha);
}

TEST(TrialModel, ADifferenceIsShownAndWithFewRunsWhereItIsLarge) {
  std::mt19937_64 random(3);
  const Count large = model::estimate(trials, [&] {
    return model::simulate(random, {constant(0.8), constant(0.1)}, 20).stopped_early;
  });
  EXPECT_GT(large.rate(), 0.93);
  const Count small = model::estimate(trials, [&] {
    return model::simulate(random, {constant(0.3), constant(0.05)}, 20).stopped_early;
  });
  EXPECT_LT(small.rate(), 0.5);
  const auto certain = model::simulate(random, {constant(1), constant(0)}, 20);
  EXPECT_EQ(certain.runs.size(), 8U);
}

TEST(TrialModel, AnExactIntervalHasTheTrueRateInNineteenOfTwentyTrials) {
  std::mt19937_64 random(4);
  for (const double rate : {0.1, 0.4}) {
    const Count covered = model::estimate(trials, [&] {
      const auto trial = model::simulate(random, {constant(0.5), constant(rate)}, 20, false);
      const Interval interval = analyse(trial.arms, trial.runs).arms[1].interval;
      return interval.low <= rate && rate <= interval.high;
    });
    EXPECT_GE(exact_interval(covered, 0.999).high, 0.95) << rate;
    EXPECT_LT(covered.rate(), 0.999);
  }
}

TEST(TrialModel, ABisectionFindsTheFactorsThatMatter) {
  std::mt19937_64 random(5);
  const Count one = model::estimate(100, [&] {
    const auto result = model::search(random, 6, {3}, 0.6, 0.0);
    return result.bisection.state == BisectState::found && result.bisection.found == FactorSet{3};
  });
  EXPECT_GT(one.rate(), 0.9);
  const Count both = model::estimate(100, [&] {
    const auto result = model::search(random, 6, {1, 4}, 0.8, 0.0);
    return result.bisection.found == FactorSet{1, 4};
  });
  EXPECT_GT(both.rate(), 0.8);  // 0.92 in more trials: docs/trial.md
}

TEST(TrialModel, ABisectionOfArmsThatDoNotDifferFindsNothing) {
  std::mt19937_64 random(6);
  const Count found = model::estimate(60, [&] {
    return model::search(random, 4, {1}, 0.3, 0.3).bisection.state != BisectState::no_difference;
  });
  EXPECT_LE(exact_interval(found).low, alpha);
}

}  // namespace
}  // namespace rocmfix::trial
