// SPDX-License-Identifier: MIT
// Whether a command that ended is started again, and with which mitigations. Pure: no clock, no
// process, no file; what happened goes in, a decision comes out.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "rocmfix/escalation.hpp"

namespace rocmfix {

/// How one attempt ended.
struct Outcome {
  FaultKind fault = FaultKind::none;     ///< classified; a crash alone is none
  bool crashed = false;                  ///< ended by SIGABRT, SIGSEGV or SIGBUS
  bool told_to_stop = false;             ///< somebody sent INT, QUIT, TERM or HUP
  bool worked = false;                   ///< it is known to have made a GPU call
  std::uint64_t beats = 0;               ///< heartbeats of its processes
  std::uint64_t progress = 0;            ///< those with which something was kept
  std::vector<std::string> causes;       ///< all that were found, by id
  std::vector<std::string> sure_causes;  ///< the likely and certain ones of them
  std::uint64_t lived_ms = 0;
  std::uint64_t ended_ms = 0;  ///< of any clock that does not go back
};

struct Attempt {
  std::vector<const Mitigation*> mitigations;  ///< what it ran with, in the order they were taken
  Outcome outcome;
};

/// What a mitigation's condition may require of the machine and the user.
struct RestartContext {
  std::set<std::string, std::less<>> families;        ///< of the supported GPUs
  std::set<std::string, std::less<>> gfx;             ///< of the supported GPUs
  std::set<std::string, std::less<>> user_variables;  ///< names that the user has set
};

enum class Verdict : std::uint8_t {
  restart,
  no_fault,      ///< no GPU fault and no hang
  no_crash,      ///< it exited on its own: an exception, an exit
  told_to_stop,  ///< somebody wanted it to end
  too_early,     ///< it had not done anything yet
  spent,         ///< the retries are used up
  too_often,     ///< too many faults without progress within a short time
};
std::string_view to_string(Verdict verdict);  ///< "restart", "no_fault": as in JSON
/// For a person: "it had not done anything yet".
std::string_view describe(Verdict verdict);

struct Decision {
  Verdict verdict = Verdict::no_fault;
  std::uint64_t delay_ms = 0;
  const Mitigation* taken = nullptr;  ///< the new mitigation; nullptr: none is left, or none is due
  const Mitigation* taken_back = nullptr;      ///< a diagnosis that is over
  std::vector<const Mitigation*> mitigations;  ///< what the next attempt runs with
};

/// It got somewhere: something was kept, or there were many heartbeats, or it ran for long. The
/// fault after that is the first of its kind: no reason to change anything.
bool made_progress(const Outcome& outcome, const RestartLimits& limits);

/// `history`: every attempt so far, the one that just ended last; never empty. `retries`: how many
/// restarts the user allows in all.
Decision decide_restart(const Escalation& escalation, const RestartContext& context,
                        const std::vector<Attempt>& history, std::uint64_t retries);

/// The variables that `mitigations` set, without the user's own; a later mitigation wins.
std::vector<Assignment> assignments_of(const std::vector<const Mitigation*>& mitigations,
                                       const RestartContext& context);

}  // namespace rocmfix
