// SPDX-License-Identifier: MIT
// The account of a fault: a document for a bug report, and a few lines on stderr.
//
// Writes one file, whole or not at all, for the user alone, and without secrets: somebody will
// attach it to a bug report. Prints nothing raw that came from the command or a log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rocmfix/restart.hpp"
#include "supervise_examination.hpp"

namespace rocmfix::run {

struct Account {
  const Examination* examination = nullptr;
  const Ending* ending = nullptr;
  std::vector<std::string> command;
  std::size_t attempt = 1;
  std::uint64_t retries = 0;
  const Decision* decision = nullptr;   ///< nullptr: no retries were asked for
  std::vector<const Rung*> measures;    ///< what it ran with
  std::vector<Assignment> assignments;  ///< what they set
};

struct SavedIncident {
  std::string file;
  std::size_t removed = 0;  ///< older incidents, so that they do not pile up
};

/// Errors: io.
Result<SavedIncident> save_incident(const std::string& directory, const Account& account);

/// What happened, where, why perhaps, what to try. Lines that begin with "rocmfix-run: ".
std::string incident_text(const Account& account);

/// What is done about it: "attempt 2 in 1 s, with ...", or why nothing is. Empty without retries.
std::string decision_text(const Account& account, const Circumstances& circumstances);

}  // namespace rocmfix::run
