// SPDX-License-Identifier: MIT
#include "trial/e_process.hpp"

#include <algorithm>
#include <cmath>

namespace rocmfix::trial {

namespace {

// Of the beta prior on each rate: what the authors found best for pairs (their section 4, and their
// package safestats). Any value keeps the error rate; it decides how soon a difference shows.
constexpr double prior = 0.18;

double probability(double rate, bool fault) {
  return fault ? rate : 1 - rate;
}

}  // namespace

double EProcess::factor(double rate_a, double rate_b, bool a, bool b) {
  const double common = (rate_a + rate_b) / 2;
  return probability(rate_a, a) * probability(rate_b, b) /
         (probability(common, a) * probability(common, b));
}

void EProcess::add(bool a, bool b) {
  const double weight = pairs_ + 2 * prior;
  log_value_ += std::log(factor((faults_a_ + prior) / weight, (faults_b_ + prior) / weight, a, b));
  log_highest_ = std::max(log_highest_, log_value_);
  pairs_ += 1;
  faults_a_ += a ? 1 : 0;
  faults_b_ += b ? 1 : 0;
}

bool EProcess::rejects(double alpha) const {
  return log_highest_ >= -std::log(alpha);
}

}  // namespace rocmfix::trial
