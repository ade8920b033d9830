// SPDX-License-Identifier: MIT
// A fault as a crash report: a document for a bug report, and a few lines on stderr.
//
// Writes one file, whole or not at all, for the user alone, and without secrets: somebody will
// attach it to a bug report. Prints nothing raw that came from the command or a log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rocmfix/restart.hpp"
#include "supervisor/diagnosis.hpp"

namespace rocmfix::run {

struct CrashReport {
  const Diagnosis* diagnosis = nullptr;
  const ExitInfo* exit_info = nullptr;
  std::vector<std::string> command;
  std::size_t attempt = 1;
  std::uint64_t retries = 0;
  const Decision* decision = nullptr;          ///< nullptr: no retries were asked for
  std::vector<const Mitigation*> mitigations;  ///< what it ran with
  std::vector<Assignment> assignments;         ///< what they set
  std::string outer_tag;  ///< of the rocmfix-run that this one runs in; empty: there is none
};

struct SavedCrashReport {
  std::string file;
  std::size_t removed = 0;  ///< older incidents, so that they do not pile up
};

/// Each process's report becomes a file, or stays one, and the first is completed by the account.
/// With an outer tag that one carries it, so that the rocmfix-run around this one knows of it.
/// Errors: io.
Result<SavedCrashReport> save_crash_report(const std::string& directory, const CrashReport& report);

/// What happened, where, why perhaps, what to try. Lines that begin with "rocmfix-run: ".
std::string crash_report_text(const CrashReport& report);

/// Faults that launchers within the command have described: where. Empty: there are none.
std::string inner_accounts_text(const std::string& directory, const FaultReports& reports);

/// What is done about it: "attempt 2 in 1 s, with ...", or why nothing is. Empty without retries.
std::string decision_text(const CrashReport& report, const RestartContext& context);

}  // namespace rocmfix::run
