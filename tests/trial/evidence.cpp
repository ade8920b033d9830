// SPDX-License-Identifier: MIT
// The statistics of `rocmfix trial` on modelled trials (model.hpp): error rates, power, coverage.
// Usage: trial_evidence [TRIALS [SEED]]. Prints the tables of docs/trial.md; exit status 1 where an
// error rate is above what is promised.
#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "model.hpp"

namespace {

using namespace rocmfix::trial;
using model::constant;

bool kept = true;

std::string percent(const Count& count) {
  const Interval interval = exact_interval(count);
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * count.rate(), 100 * interval.low,
                     100 * interval.high);
}

/// At most `most`, as far as the number of trials can tell.
void promise(const std::string& what, const Count& count, double most) {
  const bool holds = exact_interval(count, 0.999).low <= most;
  kept = kept && holds;
  fmt::print("| {} | {} | {} |\n", what, percent(count), holds ? "kept" : "BROKEN");
}

void errors(std::mt19937_64& random, std::uint64_t trials) {
  fmt::print(
      "\nArms that do not differ, a look after every block; called different in, of {} "
      "trials (with 95 % interval):\n\n| fault rate, arms, runs an arm | | at most 5 % |\n"
      "|---|---|---|\n",
      trials);
  for (const double rate : {0.05, 0.2, 0.5, 0.8, 0.95}) {
    for (const std::uint64_t blocks : {20, 60}) {
      promise(fmt::format("{:.0f} %, 2, {}", 100 * rate, blocks),
              model::first_kind_error(random, {constant(rate), constant(rate)}, blocks, trials),
              alpha);
    }
  }
  promise("50 %, 5, 40", model::first_kind_error(random, std::vector(5, constant(0.5)), 40, trials),
          alpha);
  const model::Rate warming = [](std::uint64_t block) {
    return std::min(0.9, 0.1 + 0.02 * static_cast<double>(block));
  };
  promise("from 10 % to 90 % while it gets warm, 2, 60",
          model::first_kind_error(random, {warming, warming}, 60, trials), alpha);
}

void power(std::mt19937_64& random, std::uint64_t trials) {
  fmt::print(
      "\nThe difference is shown (power), and after how many runs of an arm (median):\n\n"
      "| fault rates | 10 runs an arm | 20 | 40 | 80 | median |\n|---|---|---|---|---|---|\n");
  const std::vector<std::pair<double, double>> rates = {
      {1.0, 0.0}, {0.8, 0.1}, {0.6, 0.1}, {0.5, 0.0}, {0.3, 0.0}, {0.3, 0.05}, {0.1, 0.0}};
  for (const auto& [a, b] : rates) {
    constexpr std::uint64_t most = 80;
    std::vector<double> lengths;
    for (std::uint64_t i = 0; i < trials; ++i) {
      const auto trial = model::simulate(random, {constant(a), constant(b)}, most);
      lengths.push_back(trial.stopped_early ? static_cast<double>(trial.runs.size()) / 2 : 1e9);
    }
    std::string row = fmt::format("| {:.0f} % and {:.0f} % |", 100 * a, 100 * b);
    for (const double length : {10, 20, 40, 80}) {
      const auto shown =
          std::count_if(lengths.begin(), lengths.end(), [&](double one) { return one <= length; });
      row += fmt::format(" {:.0f} % |",
                         100.0 * static_cast<double>(shown) / static_cast<double>(trials));
    }
    const double middle = median(lengths);
    fmt::print("{} {} |\n", row, middle > most ? "more" : fmt::format("{:.0f}", middle));
  }
}

bool inside(const Interval& interval, double value) {
  return interval.low <= value && value <= interval.high;
}

void coverage(std::mt19937_64& random, std::uint64_t trials) {
  fmt::print(
      "\nThe 95 % intervals have the true value (coverage):\n\n"
      "| fault rates | rate, all 20 runs | rate, stopped early | difference, all 20 runs | "
      "difference, stopped early |\n|---|---|---|---|---|\n");
  const std::vector<std::pair<double, double>> rates = {
      {0.5, 0.5}, {0.5, 0.1}, {0.8, 0.0}, {0.2, 0.05}};
  for (const auto& [a, b] : rates) {
    std::string row = fmt::format("| {:.0f} % and {:.0f} % |", 100 * a, 100 * b);
    std::vector<Count> counts(4, {0, trials});
    for (std::uint64_t i = 0; i < trials; ++i) {
      for (const bool looks : {false, true}) {
        const auto trial = model::simulate(random, {constant(a), constant(b)}, 20, looks);
        const Analysis analysis = analyse(trial.arms, trial.runs);
        counts[looks ? 1 : 0].events += inside(analysis.arms[1].interval, b) ? 1 : 0;
        counts[looks ? 3 : 2].events += inside(analysis.comparisons[0].interval, b - a) ? 1 : 0;
      }
    }
    for (const Count& count : counts) {
      row += fmt::format(" {:.1f} % |", 100 * count.rate());
    }
    fmt::print("{}\n", row);
    // Only the exact interval of a fixed number of runs promises anything.
    kept = kept && exact_interval(counts[0], 0.999).high >= 0.95;
  }
}

void bisections(std::mt19937_64& random, std::uint64_t trials) {
  fmt::print(
      "\nA bisection of 6 factors, {} trials each:\n\n| causes, fault rates without and with "
      "| right | runs (median) |\n|---|---|---|\n",
      trials);
  struct Case {
    std::set<std::size_t> causes;
    double without;
    double with;
  };
  const std::vector<Case> cases = {
      {{3}, 0.9, 0.0}, {{3}, 0.5, 0.0}, {{1, 4}, 0.8, 0.0}, {{3}, 0.6, 0.1}};
  for (const Case& one : cases) {
    std::vector<double> lengths;
    Count right{0, trials};
    for (std::uint64_t i = 0; i < trials; ++i) {
      const auto result = model::search(random, 6, one.causes, one.without, one.with);
      const FactorSet wanted(one.causes.begin(), one.causes.end());
      FactorSet found = result.bisection.found;
      std::sort(found.begin(), found.end());
      right.events += result.bisection.state == BisectState::found && found == wanted ? 1 : 0;
      lengths.push_back(static_cast<double>(result.runs));
    }
    fmt::print("| {}, {:.0f} % and {:.0f} % | {} | {:.0f} |\n", one.causes.size(),
               100 * one.without, 100 * one.with, percent(right), median(lengths));
    kept = kept && exact_interval(right).high > 0.8;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t trials = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  if (trials < 100) {
    fmt::print(stderr, "usage: trial_evidence [TRIALS (at least 100) [SEED]]\n");
    return 2;
  }
  fmt::print("A model: {} trials each, seed {}. No card was measured.\n", trials, seed);
  std::mt19937_64 random(seed);
  errors(random, trials);
  power(random, trials);
  coverage(random, trials);
  bisections(random, std::max<std::uint64_t>(100, trials / 10));
  fmt::print("\n{}\n", kept ? "All promises were kept." : "A PROMISE WAS BROKEN.");
  return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
