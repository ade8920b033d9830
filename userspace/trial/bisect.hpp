// SPDX-License-Identifier: MIT
// The smallest set of factors that makes a difference, where every answer is noisy. Pure, and by
// the runs alone, as design.hpp.
//
// First the two ends are compared until the sequential test tells them apart (e_process.hpp), which
// gives a rate for each. Then sets between them are tried, in the order of delta debugging (Zeller
// and Hildebrandt, IEEE Transactions on Software Engineering 28 (2002) 183); each is run until
// Wald's sequential probability ratio test (1945) says to which of the two rates its runs belong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trial/run.hpp"

namespace rocmfix::trial {

/// Factors by their position in the list that is searched.
using FactorSet = std::vector<std::size_t>;

struct BisectStep {
  FactorSet factors;  ///< added to the arm that faults
  std::uint64_t runs = 0;
  std::uint64_t bad = 0;
  std::optional<bool> works;  ///< nullopt: not known yet, or never
};

enum class BisectState : std::uint8_t {
  running,
  found,
  no_difference,  ///< the two ends cannot be told apart: there is nothing to search
  undecided,      ///< found, but one of the sets was neither: a factor may be in it too many
};

struct Bisection {
  BisectState state = BisectState::running;
  std::vector<std::string> arms;  ///< the two ends: the one that faults, and all factors
  double rate_without = 0.0;
  double rate_with = 0.0;
  std::vector<BisectStep> steps;    ///< sets that were tried, in order
  std::optional<std::string> next;  ///< the arm to run next
  std::uint64_t next_block = 0;
  FactorSet found;
};

struct BisectPlan {
  std::string bad;                   ///< the arm that faults
  std::vector<std::string> factors;  ///< what the arm that works has in addition
  std::uint64_t seed = 0;
  std::uint64_t most_pairs = 60;  ///< to tell the ends apart
  std::uint64_t most_runs = 60;   ///< of a set
};

/// "stock+interposer+coherence": by these names runs are counted.
std::string arm_of(const BisectPlan& plan, const FactorSet& factors);

Bisection bisect(const BisectPlan& plan, const std::vector<Run>& runs);

}  // namespace rocmfix::trial
