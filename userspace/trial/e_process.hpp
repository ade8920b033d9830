// SPDX-License-Identifier: MIT
// The sequential test of two fault rates. One may look at it after every pair of runs, and stop
// when it is convincing, or go on as long as one likes: with equal rates it ever reaches 1/alpha
// with a probability of at most alpha (Ville's inequality).
//
// Turner, Ly and Gruenwald, "Generic E-variables for exact sequential k-sample tests that allow for
// optional stopping" (arXiv:2106.02693): each pair of runs, one of each arm, is a bet against equal
// rates, with the rates that the pairs before it suggest. It holds even where the common rate
// changes from pair to pair, as a card's does that gets warm.
#pragma once

namespace rocmfix::trial {

class EProcess {
 public:
  /// One run of each arm, begun near each other; true: a fault.
  void add(bool a, bool b);

  /// Of the logarithm: e-values of long trials are beyond any double.
  [[nodiscard]] double log_value() const { return log_value_; }
  /// The highest so far: what was reached once stays reached.
  [[nodiscard]] double log_highest() const { return log_highest_; }
  [[nodiscard]] bool rejects(double alpha) const;

  /// What `a` and `b` multiply the e-value by, where the next pair is expected to fault at `rate_a`
  /// and `rate_b`, both within (0, 1).
  static double factor(double rate_a, double rate_b, bool a, bool b);

 private:
  double faults_a_ = 0.0;
  double faults_b_ = 0.0;
  double pairs_ = 0.0;
  double log_value_ = 0.0;
  double log_highest_ = 0.0;
};

}  // namespace rocmfix::trial
