// SPDX-License-Identifier: MIT
// What the runs so far say. Pure: runs go in, figures come out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trial/run.hpp"
#include "trial/statistics.hpp"

namespace rocmfix::trial {

/// Of all comparisons of a trial together: that one of them is called a difference where there is
/// none.
inline constexpr double alpha = 0.05;

struct ArmSummary {
  std::string arm;
  std::uint64_t runs = 0;  ///< all of them
  std::uint64_t completed = 0;
  std::uint64_t faults = 0;
  std::uint64_t hangs = 0;
  std::uint64_t resets = 0;
  std::uint64_t failed = 0;  ///< for another reason: counted nowhere else
  std::uint64_t down = 0;    ///< the machine went down: likewise
  Count bad;                 ///< faults, hangs and resets of those that count
  Interval interval;         ///< of that rate
  double highest_rate = 1.0;
  double median_ms = 0.0;  ///< of the completed ones
};

enum class Verdict : std::uint8_t {
  open,   ///< no difference shown, so far
  fewer,  ///< fewer faults than the reference
  more,
};
std::string_view to_string(Verdict verdict);

/// An arm next to the reference, the first one.
struct Comparison {
  std::string arm;
  std::uint64_t pairs = 0;  ///< blocks in which both count
  double log_e = 0.0;       ///< the e-value's natural logarithm, now
  double log_e_highest = 0.0;
  double log_e_needed = 0.0;
  Verdict verdict = Verdict::open;  ///< by the e-value alone
  double difference = 0.0;          ///< of the rates: the arm's minus the reference's
  Interval interval;
  double p = 1.0;  ///< Fisher's
  RankTest time;   ///< of completed runs
};

struct Analysis {
  std::vector<ArmSummary> arms;
  std::vector<Comparison> comparisons;
  std::uint64_t runs = 0;
  /// Three runs or more, and all of them failed for another reason than a GPU fault; or six, and
  /// all of them were only too long.
  bool all_failed = false;
  bool all_timed_out = false;
};

/// `arms`: their names, the reference first.
Analysis analyse(const std::vector<std::string>& arms, const std::vector<Run>& runs);

/// Every comparison has a verdict: what a trial stops at.
bool decided(const std::vector<std::string>& arms, const std::vector<Run>& runs);

}  // namespace rocmfix::trial
