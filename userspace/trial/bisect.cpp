// SPDX-License-Identifier: MIT
#include "trial/bisect.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "trial/analysis.hpp"
#include "trial/design.hpp"

namespace rocmfix::trial {

namespace {

// A test stops early where a difference happens to look large. With some more runs the two rates,
// by which everything after this is judged, are nearer to what they are.
constexpr std::uint64_t fewest_pairs = 10;
// Of either error, for one set.
constexpr double error_rate = 0.01;

double likely_rate(const Count& count) {
  return (static_cast<double>(count.events) + 0.5) / (static_cast<double>(count.runs) + 1);
}

class Search {
 public:
  Search(const BisectPlan& plan, const std::vector<Run>& runs) : plan_(plan), runs_(runs) {}

  Bisection run() {
    FactorSet all(plan_.factors.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    result_.arms = {arm_of(plan_, {}), arm_of(plan_, all)};
    if (tell_ends_apart() && minimise(all)) {
      result_.state = undecided_ ? BisectState::undecided : BisectState::found;
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] Count count_of(const std::string& arm) const {
    Count count;
    for (const Run& run : runs_) {
      const bool counted = run.arm == arm && counts(run.outcome);
      count.runs += counted ? 1 : 0;
      count.events += counted && is_bad(run.outcome) ? 1 : 0;
    }
    return count;
  }

  /// False: they are not, yet or at all.
  bool tell_ends_apart() {
    const Design design(result_.arms, plan_.seed, plan_.most_pairs);
    const Count without = count_of(result_.arms[0]);
    const Count with = count_of(result_.arms[1]);
    result_.rate_without = likely_rate(without);
    result_.rate_with = likely_rate(with);
    const bool differ = decided(result_.arms, runs_);
    if (differ && with.rate() < without.rate() &&
        std::min(with.runs, without.runs) >= fewest_pairs) {
      return true;
    }
    const auto next = design.next(runs_, [](const std::string&) { return true; });
    if ((differ && with.rate() > without.rate()) || !next) {
      result_.state = BisectState::no_difference;
    } else {
      result_.next = next->arm;
      result_.next_block = next->block;
    }
    return false;
  }

  /// Zeller's ddmin. False: a run is needed first.
  bool minimise(FactorSet current) {
    std::size_t parts = 2;
    while (current.size() > 1) {
      bool smaller = false;
      for (std::size_t i = 0; i < 2 * parts && !smaller; ++i) {
        const bool complement = i >= parts;
        if (complement && parts == 2) {
          break;  // each is the other's complement
        }
        const FactorSet tried = part_of(current, parts, i % parts, complement);
        const auto works = try_set(tried);
        if (result_.next) {
          return false;
        }
        if (works) {
          parts = complement ? std::max<std::size_t>(parts - 1, 2) : 2;
          current = tried;
          smaller = true;
        }
      }
      if (!smaller && parts >= current.size()) {
        break;
      }
      parts = smaller ? std::min(parts, current.size()) : std::min(2 * parts, current.size());
    }
    result_.found = current;
    return true;
  }

  static FactorSet part_of(const FactorSet& set, std::size_t parts, std::size_t which,
                           bool complement) {
    FactorSet part;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if ((i * parts / set.size() == which) != complement) {
        part.push_back(set[i]);
      }
    }
    return part;
  }

  bool try_set(const FactorSet& factors) {
    const auto known =
        std::find_if(result_.steps.begin(), result_.steps.end(),
                     [&](const BisectStep& step) { return step.factors == factors; });
    if (known != result_.steps.end()) {
      return known->works.value_or(false);
    }
    BisectStep step{.factors = factors, .works = std::nullopt};
    const std::string arm = arm_of(plan_, factors);
    std::uint64_t tried = 0;
    double log_ratio = 0.0;
    const double bound = std::log((1 - error_rate) / error_rate);
    for (const Run& run : runs_) {
      if (run.arm != arm || step.works) {
        continue;
      }
      tried += run.outcome == Outcome::stopped ? 0 : 1;
      if (!counts(run.outcome)) {
        continue;
      }
      const bool bad = is_bad(run.outcome);
      ++step.runs;
      step.bad += bad ? 1 : 0;
      log_ratio += bad ? std::log(result_.rate_without / result_.rate_with)
                       : std::log((1 - result_.rate_without) / (1 - result_.rate_with));
      if (std::abs(log_ratio) >= bound) {
        step.works = log_ratio < 0;
      }
    }
    if (!step.works && tried < plan_.most_runs) {
      result_.next = arm;
    } else if (!step.works) {
      undecided_ = true;
    }
    result_.steps.push_back(step);
    return step.works.value_or(false);
  }

  const BisectPlan& plan_;
  const std::vector<Run>& runs_;
  Bisection result_;
  bool undecided_ = false;
};

}  // namespace

std::string arm_of(const BisectPlan& plan, const FactorSet& factors) {
  std::string name = plan.bad;
  for (const std::size_t factor : factors) {
    name += "+" + plan.factors.at(factor);
  }
  return name;
}

Bisection bisect(const BisectPlan& plan, const std::vector<Run>& runs) {
  return Search(plan, runs).run();
}

}  // namespace rocmfix::trial
