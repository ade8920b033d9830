// SPDX-License-Identifier: MIT
#include "trial/analysis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "trial/e_process.hpp"

namespace rocmfix::trial {

namespace {

constexpr std::array<std::pair<Outcome, std::string_view>, 7> outcome_words = {{
    {Outcome::completed, "completed"},
    {Outcome::fault, "fault"},
    {Outcome::hang, "hang"},
    {Outcome::reset, "reset"},
    {Outcome::failed, "failed"},
    {Outcome::down, "down"},
    {Outcome::stopped, "stopped"},
}};

void add(ArmSummary& arm, Outcome outcome) {
  switch (outcome) {
    case Outcome::completed:
      ++arm.completed;
      break;
    case Outcome::fault:
      ++arm.faults;
      break;
    case Outcome::hang:
      ++arm.hangs;
      break;
    case Outcome::reset:
      ++arm.resets;
      break;
    case Outcome::failed:
      ++arm.failed;
      break;
    case Outcome::down:
      ++arm.down;
      break;
    case Outcome::stopped:
      return;
  }
  ++arm.runs;
  arm.bad.runs += counts(outcome) ? 1 : 0;
  arm.bad.events += is_bad(outcome) ? 1 : 0;
}

std::vector<double> completed_times(const std::string& arm, const std::vector<Run>& runs) {
  std::vector<double> times;
  for (const Run& run : runs) {
    if (run.arm == arm && run.outcome == Outcome::completed) {
      times.push_back(static_cast<double>(std::max<std::uint64_t>(1, run.ms)));
    }
  }
  return times;
}

ArmSummary summarise(const std::string& name, const std::vector<Run>& runs) {
  ArmSummary arm;
  arm.arm = name;
  for (const Run& run : runs) {
    if (run.arm == name) {
      add(arm, run.outcome);
    }
  }
  arm.interval = exact_interval(arm.bad);
  arm.highest_rate = highest_rate(arm.bad);
  arm.median_ms = median(completed_times(name, runs));
  return arm;
}

/// The runs of two arms, block by block: a block in which one does not count is no pair.
EProcess bet(const std::string& reference, const std::string& arm, const std::vector<Run>& runs,
             std::uint64_t& pairs) {
  std::map<std::uint64_t, std::array<const Run*, 2>> blocks;
  for (const Run& run : runs) {
    if (counts(run.outcome) && (run.arm == reference || run.arm == arm)) {
      blocks[run.block].at(run.arm == arm ? 1 : 0) = &run;
    }
  }
  EProcess process;
  for (const auto& [block, pair] : blocks) {
    if (pair[0] != nullptr && pair[1] != nullptr) {
      process.add(is_bad(pair[0]->outcome), is_bad(pair[1]->outcome));
      ++pairs;
    }
  }
  return process;
}

Comparison compare(const ArmSummary& reference, const ArmSummary& arm, std::size_t comparisons,
                   const std::vector<Run>& runs) {
  Comparison result;
  result.arm = arm.arm;
  const EProcess process = bet(reference.arm, arm.arm, runs, result.pairs);
  // Bonferroni's correction: each comparison has its share of alpha.
  const double share = alpha / static_cast<double>(comparisons);
  result.log_e = process.log_value();
  result.log_e_highest = process.log_highest();
  result.log_e_needed = -std::log(share);
  result.difference = arm.bad.rate() - reference.bad.rate();
  if (process.rejects(share) && result.difference != 0) {
    result.verdict = result.difference < 0 ? Verdict::fewer : Verdict::more;
  }
  result.interval = difference_interval(reference.bad, arm.bad);
  result.p = fisher_exact(reference.bad, arm.bad);
  result.time = rank_test(completed_times(reference.arm, runs), completed_times(arm.arm, runs));
  return result;
}

bool is_about_the_command(const Run& run) {
  return run.outcome != Outcome::stopped && run.outcome != Outcome::down;
}

void look_for_useless_runs(const std::vector<Run>& runs, Analysis& analysis) {
  constexpr std::int64_t enough_failed = 3;
  // Where every second run hangs, the first six do in one trial of 64.
  constexpr std::int64_t enough_timed_out = 6;
  const auto all = std::count_if(runs.begin(), runs.end(), is_about_the_command);
  const auto failed = std::count_if(runs.begin(), runs.end(),
                                    [](const Run& run) { return run.outcome == Outcome::failed; });
  const auto timed_out =
      std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.timed_out; });
  analysis.all_failed = failed == all && all >= enough_failed;
  analysis.all_timed_out = timed_out == all && all >= enough_timed_out;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  return outcome_words.at(static_cast<std::size_t>(outcome)).second;
}

std::optional<Outcome> parse_outcome(std::string_view word) {
  for (const auto& [outcome, text] : outcome_words) {
    if (text == word) {
      return outcome;
    }
  }
  return std::nullopt;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::fewer:
      return "fewer";
    case Verdict::more:
      return "more";
    case Verdict::open:
      break;
  }
  return "open";
}

Analysis analyse(const std::vector<std::string>& arms, const std::vector<Run>& runs) {
  Analysis analysis;
  for (const std::string& arm : arms) {
    analysis.arms.push_back(summarise(arm, runs));
    analysis.runs += analysis.arms.back().runs;
  }
  for (std::size_t i = 1; i < analysis.arms.size(); ++i) {
    analysis.comparisons.push_back(
        compare(analysis.arms.front(), analysis.arms[i], arms.size() - 1, runs));
  }
  look_for_useless_runs(runs, analysis);
  return analysis;
}

bool decided(const std::vector<std::string>& arms, const std::vector<Run>& runs) {
  const double share = alpha / static_cast<double>(arms.size() - 1);
  return arms.size() > 1 && std::all_of(arms.begin() + 1, arms.end(), [&](const auto& arm) {
           std::uint64_t pairs = 0;
           return bet(arms.front(), arm, runs, pairs).rejects(share);
         });
}

}  // namespace rocmfix::trial
