// SPDX-License-Identifier: MIT
#include <algorithm>

#include "restart/mitigation_keys.hpp"
#include "rocmfix/restart.hpp"

namespace rocmfix {

namespace {

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// A mitigation whose every variable is the user's own would be none.
bool has_effect(const Mitigation& mitigation, const RestartContext& context) {
  return mitigation.over_user ||
         std::any_of(mitigation.set.begin(), mitigation.set.end(), [&](const Assignment& one) {
           return !context.user_variables.contains(one.name);
         });
}

bool was_taken(const Mitigation& mitigation, const std::vector<Attempt>& history) {
  return std::any_of(history.begin(), history.end(), [&](const Attempt& attempt) {
    return contains(attempt.mitigations, &mitigation);
  });
}

/// Without progress, up to the last one.
std::uint64_t faults_in_a_row(const std::vector<Attempt>& history, const RestartLimits& limits) {
  const auto last_progress =
      std::find_if(history.rbegin(), history.rend(),
                   [&](const Attempt& attempt) { return made_progress(attempt.outcome, limits); });
  return static_cast<std::uint64_t>(last_progress - history.rbegin());
}

const Mitigation* next_mitigation(const Escalation& escalation, const RestartContext& context,
                                  const std::vector<Attempt>& history) {
  const MitigationFacts facts{context, history.back().outcome,
                              faults_in_a_row(history, escalation.limits())};
  for (const Mitigation& mitigation : escalation.mitigations()) {
    if (mitigation.enabled && !was_taken(mitigation, history) && has_effect(mitigation, context) &&
        detail::all_hold(mitigation.when, mitigation_keys(), facts)) {
      return &mitigation;
    }
  }
  return nullptr;
}

/// Of the faults so far, those without progress that the last one makes a burst with.
std::uint64_t recent_faults(const std::vector<Attempt>& history, const RestartLimits& limits) {
  const std::uint64_t now = history.back().outcome.ended_ms;
  return static_cast<std::uint64_t>(
      std::count_if(history.begin(), history.end(), [&](const Attempt& attempt) {
        return now - attempt.outcome.ended_ms <= limits.interval_ms &&
               !made_progress(attempt.outcome, limits);
      }));
}

std::uint64_t delay_after(std::uint64_t faults, const RestartLimits& limits) {
  std::uint64_t delay = limits.delay_ms;
  for (std::uint64_t i = 1; i < faults && delay < limits.delay_max_ms; ++i) {
    delay *= 2;
  }
  return std::min(delay, limits.delay_max_ms);
}

Verdict judge(const RestartLimits& limits, const std::vector<Attempt>& history,
              std::uint64_t retries, std::uint64_t recent) {
  const Outcome& last = history.back().outcome;
  if (last.fault == FaultKind::none) {
    return Verdict::no_fault;
  }
  if (!last.crashed) {
    return Verdict::no_crash;
  }
  if (last.told_to_stop) {
    return Verdict::told_to_stop;
  }
  if (!last.worked && last.lived_ms < limits.settle_ms) {
    return Verdict::too_early;
  }
  if (history.size() > retries) {
    return Verdict::spent;
  }
  return recent > limits.burst ? Verdict::too_often : Verdict::restart;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::restart:
      return "restart";
    case Verdict::no_fault:
      return "no_fault";
    case Verdict::no_crash:
      return "no_crash";
    case Verdict::told_to_stop:
      return "told_to_stop";
    case Verdict::too_early:
      return "too_early";
    case Verdict::spent:
      return "spent";
    case Verdict::too_often:
      break;
  }
  return "too_often";
}

std::string_view describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::restart:
      return "a fault ended it";
    case Verdict::no_fault:
      return "no GPU fault was detected";
    case Verdict::no_crash:
      return "it exited on its own";
    case Verdict::told_to_stop:
      return "it was asked to stop by a signal";
    case Verdict::too_early:
      return "it ended before it had done anything";
    case Verdict::spent:
      return "the retries are used up";
    case Verdict::too_often:
      break;
  }
  return "too many faults without progress within a short time";
}

bool made_progress(const Outcome& outcome, const RestartLimits& limits) {
  return outcome.progress > 0 || outcome.beats >= limits.progress_beats ||
         outcome.lived_ms >= limits.calm_ms;
}

Decision decide_restart(const Escalation& escalation, const RestartContext& context,
                        const std::vector<Attempt>& history, std::uint64_t retries) {
  const RestartLimits& limits = escalation.limits();
  const std::uint64_t recent = recent_faults(history, limits);
  const Attempt& last = history.back();
  Decision decision{.verdict = judge(limits, history, retries, recent),
                    .mitigations = last.mitigations};
  if (decision.verdict != Verdict::restart) {
    return decision;
  }
  if (made_progress(last.outcome, limits)) {
    decision.delay_ms = limits.delay_ms;
    return decision;
  }
  decision.delay_ms = delay_after(recent, limits);
  decision.taken = next_mitigation(escalation, context, history);
  if (decision.taken == nullptr) {
    return decision;
  }
  const auto over =
      std::find_if(decision.mitigations.begin(), decision.mitigations.end(),
                   [](const Mitigation* mitigation) { return mitigation->diagnosis; });
  if (over != decision.mitigations.end()) {
    decision.taken_back = *over;
    decision.mitigations.erase(over);
  }
  decision.mitigations.push_back(decision.taken);
  return decision;
}

std::vector<Assignment> assignments_of(const std::vector<const Mitigation*>& mitigations,
                                       const RestartContext& context) {
  std::vector<Assignment> result;
  for (const Mitigation* mitigation : mitigations) {
    for (const Assignment& one : mitigation->set) {
      if (!mitigation->over_user && context.user_variables.contains(one.name)) {
        continue;
      }
      std::erase_if(result, [&](const Assignment& other) { return other.name == one.name; });
      result.push_back(one);
    }
  }
  return result;
}

}  // namespace rocmfix
