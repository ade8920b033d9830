// SPDX-License-Identifier: MIT
// A model, not a measurement: trials whose runs fault with given probabilities, each independent of
// the others. It shows what the statistics do with known rates. Of any card it says nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "trial/analysis.hpp"
#include "trial/bisect.hpp"
#include "trial/design.hpp"

namespace rocmfix::trial::model {

/// An arm's probability of a fault in a block.
using Rate = std::function<double(std::uint64_t block)>;

inline Rate constant(double rate) {
  return [rate](std::uint64_t) { return rate; };
}

struct Trial {
  std::vector<std::string> arms;
  std::vector<Run> runs;
  bool stopped_early = false;
};

inline Run modelled(std::mt19937_64& random, const Slot& slot, double rate) {
  std::bernoulli_distribution fault(rate);
  Run run;
  run.block = slot.block;
  run.arm = slot.arm;
  run.ms = 1000;
  run.outcome = fault(random) ? Outcome::fault : Outcome::completed;
  return run;
}

/// As `rocmfix trial` does it: in the order of the design, with a look after every run that
/// completes a block; it stops where `looks` allows and every comparison is decided.
inline Trial simulate(std::mt19937_64& random, const std::vector<Rate>& rates, std::uint64_t blocks,
                      bool looks = true) {
  Trial trial;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    trial.arms.push_back(std::to_string(i));
  }
  const Design design(trial.arms, random(), blocks);
  for (std::uint64_t block = 0; block < blocks && !trial.stopped_early; ++block) {
    for (const std::string& arm : design.order(block)) {
      trial.runs.push_back(modelled(random, {block, arm}, rates.at(std::stoul(arm))(block)));
    }
    trial.stopped_early = looks && decided(trial.arms, trial.runs);
  }
  return trial;
}

/// How many of `trials` have `event`.
inline Count estimate(std::uint64_t trials, const std::function<bool()>& event) {
  Count count{.events = 0, .runs = trials};
  for (std::uint64_t i = 0; i < trials; ++i) {
    count.events += event() ? 1 : 0;
  }
  return count;
}

/// Trials of arms with equal rates in which any comparison is called a difference.
inline Count first_kind_error(std::mt19937_64& random, const std::vector<Rate>& rates,
                              std::uint64_t blocks, std::uint64_t trials) {
  return estimate(trials, [&] {
    const Trial trial = simulate(random, rates, blocks, rates.size() == 2);
    const Analysis analysis = analyse(trial.arms, trial.runs);
    return std::any_of(analysis.comparisons.begin(), analysis.comparisons.end(),
                       [](const Comparison& one) { return one.verdict != Verdict::open; });
  });
}

struct BisectResult {
  Bisection bisection;
  std::uint64_t runs = 0;
};

/// A command that faults with `without` unless all of `causes` are among the factors, then `with`.
inline BisectResult search(std::mt19937_64& random, std::size_t factors,
                           const std::set<std::size_t>& causes, double without, double with) {
  BisectPlan plan{.bad = "bad", .factors = {}, .seed = random()};
  for (std::size_t i = 0; i < factors; ++i) {
    plan.factors.push_back("f" + std::to_string(i));
  }
  std::vector<Run> runs;
  const auto has_all = [&](const std::string& arm) {
    return std::all_of(causes.begin(), causes.end(), [&](std::size_t cause) {
      return (arm + "+").find("+f" + std::to_string(cause) + "+") != std::string::npos;
    });
  };
  for (;;) {
    Bisection now = bisect(plan, runs);
    if (!now.next) {
      return {std::move(now), runs.size()};
    }
    runs.push_back(
        modelled(random, {now.next_block, *now.next}, has_all(*now.next) ? with : without));
  }
}

}  // namespace rocmfix::trial::model
