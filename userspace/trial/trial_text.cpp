// SPDX-License-Identifier: MIT
// The answer of a trial in words. A sentence that claims a difference is said by the sequential
// test alone; everything else is a figure with its interval.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "rocmfix/printable.hpp"
#include "trial/trial.hpp"
#include "util/formatted.hpp"
#include "util/text_table.hpp"

namespace rocmfix::trial {

namespace {

// In the order of the enumerators.
constexpr std::array<std::pair<End, std::string_view>, 7> end_words = {{{End::complete, "complete"},
                                                                        {End::decided, "decided"},
                                                                        {End::time_up, "time_up"},
                                                                        {End::stopped, "stopped"},
                                                                        {End::useless, "useless"},
                                                                        {End::reboot, "reboot"},
                                                                        {End::failed, "failed"}}};

std::string percent(double rate) {
  const double value = 100 * rate;
  return value > 0 && value < 1 ? "under 1 %" : formatted("{:.0f} %", value);
}

std::string duration(double ms) {
  return ms <= 0 ? "-" : formatted("{:.1f} s", ms / 1000);
}

std::string table_text(const Analysis& analysis) {
  std::vector<std::vector<std::string>> rows = {{"arm", "runs", "completed", "fault", "hang",
                                                 "reset", "failed", "down", "rate of faults (95 %)",
                                                 "median time"}};
  for (const ArmSummary& arm : analysis.arms) {
    const std::string rate = arm.bad.runs == 0
                                 ? "unknown"
                                 : formatted("{} ({:.0f} to {:.0f} %)", percent(arm.bad.rate()),
                                             100 * arm.interval.low, 100 * arm.interval.high);
    rows.push_back({printable(arm.arm), std::to_string(arm.runs), std::to_string(arm.completed),
                    std::to_string(arm.faults), std::to_string(arm.hangs),
                    std::to_string(arm.resets), std::to_string(arm.failed),
                    std::to_string(arm.down), rate, duration(arm.median_ms)});
  }
  return text_table(rows, "  ");
}

std::string evidence_text(const Comparison& one) {
  const std::string e =
      one.log_e_highest > 14 ? "over a million" : formatted("{:.3g}", std::exp(one.log_e_highest));
  return formatted("    sequential test: e-value {}, of {:.0f} needed, from {} pairs of runs\n", e,
                   std::exp(one.log_e_needed), one.pairs) +
         formatted(
             "    rate of faults: {:+.0f} points (95 %: {:+.0f} to {:+.0f}); Fisher's test "
             "p {:.3g}\n",
             100 * one.difference, 100 * one.interval.low, 100 * one.interval.high, one.p);
}

std::string comparison_text(const Analysis& analysis, std::size_t which) {
  const Comparison& one = analysis.comparisons[which];
  const std::string reference = printable(analysis.arms.front().arm);
  const std::string arm = printable(one.arm);
  std::string text = "\n";
  switch (one.verdict) {
    case Verdict::fewer:
      text += formatted("  {} faults less often than {}.\n", arm, reference);
      break;
    case Verdict::more:
      text += formatted("  {} faults more often than {}.\n", arm, reference);
      break;
    case Verdict::open:
      text += formatted("  No difference is shown between {} and {}: it may still be there.\n", arm,
                        reference);
      break;
  }
  text += evidence_text(one);
  if (one.time.p < 1) {
    text += formatted("    time of a completed run: {:.2f} times {}'s (rank test p {:.3g})\n",
                      one.time.ratio, reference, one.time.p);
  }
  return text;
}

/// What is easily taken for more than it is.
std::string limits_text(const Findings& findings) {
  std::string text;
  for (const ArmSummary& arm : findings.analysis.arms) {
    if (arm.bad.runs > 0 && arm.bad.events == 0) {
      text += formatted("  {}: no fault in {} runs: the rate may still be {} (95 %).\n",
                        printable(arm.arm), arm.bad.runs, percent(arm.highest_rate));
    }
    if (arm.failed > 0) {
      text += formatted(
          "  {}: {} runs failed for another reason: they count for nothing. The logs are "
          "run-*.log.\n",
          printable(arm.arm), arm.failed);
    }
    if (arm.down > 0) {
      text += formatted("  {}: the machine went down in {} runs: they count for nothing above.\n",
                        printable(arm.arm), arm.down);
    }
    constexpr double shortest_ms = 1000;
    if (arm.completed > 0 && arm.median_ms < shortest_ms) {
      text += formatted(
          "  {}: a run ends within a second. Does the command fork away? Then nothing "
          "was tried.\n",
          printable(arm.arm));
    }
  }
  if (findings.with_load) {
    text += "  Other programs used the GPU before some runs.\n";
  }
  if (findings.plan.machine.is_object() &&
      findings.plan.machine.value("simulated", Json()) == true) {
    text += "  The card was simulated: of a real one this says nothing.\n";
  }
  return text.empty() ? text : "\n" + text;
}

std::string set_text(const Findings& findings, const FactorSet& set) {
  std::string text;
  for (const std::size_t factor : set) {
    text += (text.empty() ? "" : ", ") + printable(findings.plan.factors.at(factor));
  }
  return text;
}

std::string bisection_text(const Findings& findings) {
  const Bisection& bisection = *findings.bisection;
  std::string text = "\n";
  for (const BisectStep& step : bisection.steps) {
    const std::string answer = !step.works ? "undecided" : *step.works ? "works" : "faults";
    text += formatted("  {}: {} of {} runs faulted: {}\n", set_text(findings, step.factors),
                      step.bad, step.runs, answer);
  }
  switch (bisection.state) {
    case BisectState::found:
      return text + "  The smallest set that works: " + set_text(findings, bisection.found) + "\n";
    case BisectState::undecided:
      return text + "  A set that works: " + set_text(findings, bisection.found) +
             "\n  It may be too large: some sets were undecided (--runs).\n";
    case BisectState::no_difference:
      return text + "  The two arms cannot be told apart: there is nothing to search.\n";
    case BisectState::running:
      break;
  }
  return text + "  The search is not complete.\n";
}

std::string reason_text(const Findings& findings) {
  const std::string resume = "rocmfix trial --resume " + printable(findings.directory);
  switch (findings.end) {
    case End::complete:
      return "all runs were made";
    case End::decided:
      return "decided, so it stopped early";
    case End::time_up:
      return "the time was up";
    case End::stopped:
      return "stopped; to continue: " + resume;
    case End::useless:
      return "stopped, because every run ended so, under every arm";
    case End::reboot:
      return findings.next + ", then: " + resume;
    case End::failed:
      return "ended by an error; to continue: " + resume;
  }
  return {};
}

std::string useless_text(const Findings& findings) {
  if (findings.analysis.all_timed_out) {
    return "\n  Every run was longer than --timeout. Give it more time, or a shorter command.\n";
  }
  const Run& last = findings.runs.back();
  return formatted(
      "\n  The command fails under every arm, and not by a GPU fault: {}. Its output is in\n"
      "  {}/run-{:04}.log. It gets no input and no terminal. Does it work alone?\n",
      last.why, printable(findings.directory), last.number);
}

}  // namespace

std::string_view to_string(End end) {
  return end_words.at(static_cast<std::size_t>(end)).second;
}

std::optional<End> parse_end(std::string_view word) {
  for (const auto& [end, text] : end_words) {
    if (text == word) {
      return end;
    }
  }
  return std::nullopt;
}

std::string trial_text(const Findings& findings) {
  std::string text =
      formatted("rocmfix trial: {} runs, {}\n", findings.runs.size(), reason_text(findings)) +
      table_text(findings.analysis);
  if (findings.end == End::useless) {
    return text + useless_text(findings);
  }
  if (findings.bisection) {
    return text + bisection_text(findings) + limits_text(findings);
  }
  for (std::size_t i = 0; i < findings.analysis.comparisons.size(); ++i) {
    text += comparison_text(findings.analysis, i);
  }
  return text + limits_text(findings);
}

}  // namespace rocmfix::trial
