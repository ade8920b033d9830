// SPDX-License-Identifier: MIT
// What a number of runs says about a rate, about two rates, and about two sets of times. Pure; the
// distributions are boost::math's.
//
// The intervals and the tests here are for a number of runs that was fixed beforehand. Whoever
// looks after every run, and stops when it suits, needs e_process.hpp.
#pragma once

#include <cstdint>
#include <vector>

namespace rocmfix::trial {

/// `events` of `runs`; never more of them.
struct Count {
  std::uint64_t events = 0;
  std::uint64_t runs = 0;

  [[nodiscard]] double rate() const {
    return runs == 0 ? 0.0 : static_cast<double>(events) / static_cast<double>(runs);
  }
};

struct Interval {
  double low = 0.0;
  double high = 1.0;
};

/// Clopper and Pearson, Biometrika 26 (1934) 404: it has the true rate in at least `confidence` of
/// all cases. Without a run: 0 to 1.
Interval exact_interval(const Count& count, double confidence = 0.95);

/// The highest rate that `count` does not contradict, from above only: 0 of 20 gives 0.139.
double highest_rate(const Count& count, double confidence = 0.95);

/// Of b's rate minus a's: Newcombe, Statistics in Medicine 17 (1998) 873, method 10, made of two
/// Wilson intervals. Close to `confidence`, not guaranteed. Without runs on both sides: -1 to 1.
Interval difference_interval(const Count& a, const Count& b, double confidence = 0.95);

/// Fisher's exact test, two-sided (the tables no more probable than this one): the p-value, which
/// is below x in no more than x of all cases in which the rates are equal.
double fisher_exact(const Count& a, const Count& b);

struct RankTest {
  double p = 1.0;
  double ratio = 1.0;  ///< Hodges and Lehmann's: the median of all b/a
};

/// Mann and Whitney's test, two-sided, by the normal approximation with its correction for ties and
/// for continuity. Times are above 0. With fewer than four on a side p is 1: it could not be small.
RankTest rank_test(const std::vector<double>& a, const std::vector<double>& b);

/// Of none: 0.
double median(std::vector<double> values);

}  // namespace rocmfix::trial
