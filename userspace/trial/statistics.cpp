// SPDX-License-Identifier: MIT
#include "trial/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace rocmfix::trial {

namespace {

using boost::math::binomial_distribution;

double two_sided_quantile(double confidence) {
  return boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2);
}

double low_bound(const Count& count, double alpha) {
  return count.events == 0
             ? 0.0
             : binomial_distribution<>::find_lower_bound_on_p(
                   static_cast<double>(count.runs), static_cast<double>(count.events), alpha);
}

double high_bound(const Count& count, double alpha) {
  return count.events == count.runs
             ? 1.0
             : binomial_distribution<>::find_upper_bound_on_p(
                   static_cast<double>(count.runs), static_cast<double>(count.events), alpha);
}

Interval wilson_interval(const Count& count, double z) {
  const auto n = static_cast<double>(count.runs);
  const double p = count.rate();
  const double middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)};
}

struct Ranks {
  double sum_of_b = 0.0;
  double ties = 0.0;  ///< the sum of t^3 - t over all groups of t equal values
};

Ranks rank(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<std::pair<double, bool>> all;
  for (const double value : a) {
    all.emplace_back(value, false);
  }
  for (const double value : b) {
    all.emplace_back(value, true);
  }
  std::sort(all.begin(), all.end());
  Ranks ranks;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t last = first;
    while (last < all.size() && all[last].first == all[first].first) {
      ++last;
    }
    const auto equal = static_cast<double>(last - first);
    const double shared = (static_cast<double>(first + last) + 1) / 2;
    ranks.ties += equal * equal * equal - equal;
    for (; first < last; ++first) {
      ranks.sum_of_b += all[first].second ? shared : 0.0;
    }
  }
  return ranks;
}

double rank_p(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr std::size_t fewest = 4;  // 4 and 4: 2/70 is the smallest that there is
  if (a.size() < fewest || b.size() < fewest) {
    return 1.0;
  }
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  const Ranks ranks = rank(a, b);
  const double u = ranks.sum_of_b - n * (n + 1) / 2;
  const double variance = m * n / 12 * ((m + n + 1) - ranks.ties / ((m + n) * (m + n - 1)));
  if (variance <= 0) {
    return 1.0;  // all are equal
  }
  const double off = std::max(0.0, std::abs(u - m * n / 2) - 0.5);
  return 2 * boost::math::cdf(
                 boost::math::complement(boost::math::normal(), off / std::sqrt(variance)));
}

}  // namespace

Interval exact_interval(const Count& count, double confidence) {
  if (count.runs == 0) {
    return {};
  }
  const double alpha = (1 - confidence) / 2;
  return {low_bound(count, alpha), high_bound(count, alpha)};
}

double highest_rate(const Count& count, double confidence) {
  return count.runs == 0 ? 1.0 : high_bound(count, 1 - confidence);
}

Interval difference_interval(const Count& a, const Count& b, double confidence) {
  if (a.runs == 0 || b.runs == 0) {
    return {-1.0, 1.0};
  }
  const double z = two_sided_quantile(confidence);
  const Interval of_a = wilson_interval(a, z);
  const Interval of_b = wilson_interval(b, z);
  const double difference = b.rate() - a.rate();
  return {difference - std::hypot(b.rate() - of_b.low, of_a.high - a.rate()),
          difference + std::hypot(of_b.high - b.rate(), a.rate() - of_a.low)};
}

double fisher_exact(const Count& a, const Count& b) {
  const std::uint64_t events = a.events + b.events;
  const std::uint64_t runs = a.runs + b.runs;
  if (a.runs == 0 || b.runs == 0 || events == 0 || events == runs) {
    return 1.0;
  }
  const boost::math::hypergeometric_distribution<> tables(
      static_cast<unsigned>(events), static_cast<unsigned>(a.runs), static_cast<unsigned>(runs));
  constexpr double rounding = 1 + 1e-7;  // equally probable tables differ in the last digits
  const double limit = boost::math::pdf(tables, static_cast<unsigned>(a.events)) * rounding;
  const std::uint64_t fewest = events > b.runs ? events - b.runs : 0;
  double p = 0.0;
  for (std::uint64_t k = fewest; k <= std::min(events, a.runs); ++k) {
    const double probability = boost::math::pdf(tables, static_cast<unsigned>(k));
    p += probability <= limit ? probability : 0.0;
  }
  return std::min(1.0, p);
}

RankTest rank_test(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  ratios.reserve(a.size() * b.size());
  for (const double one : a) {
    for (const double other : b) {
      ratios.push_back(other / one);
    }
  }
  return {rank_p(a, b), ratios.empty() ? 1.0 : median(std::move(ratios))};
}

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0.0;
  }
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace rocmfix::trial
