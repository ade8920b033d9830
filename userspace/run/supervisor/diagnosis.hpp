// SPDX-License-Identifier: MIT
// What ended the command: the interposer's report, the kernel's log, the machine and the exit
// status, put together and put before librocmfix.
//
// Refuses to: call something a GPU fault that neither the interposer nor the kernel calls one. An
// abort alone is none.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rocmfix/gpu.hpp"
#include "rocmfix/restart.hpp"
#include "supervisor/fault_reports.hpp"
#include "supervisor/kernel_log.hpp"
#include "supervisor/process.hpp"

namespace rocmfix::run {

/// What the log alone does not say.
struct CrashContext {
  std::string root = "/";
  std::vector<Gpu> gpus;
  std::vector<std::string> variables;  ///< "NAME=VALUE" of the command's environment that matter
  std::string incident_directory;      ///< empty: none
  std::string report_tag;  ///< of this attempt, in the names of files that the interposer wrote
  std::string outer_tag;   ///< of the rocmfix-run that this one runs in; empty: there is none
  std::int64_t began = 0;  ///< this attempt, in seconds since 1970
  bool rank = false;  ///< the command is one of several ranks of a job: their faults are in one log
};

struct ExplainedLine {
  const char* source;  ///< "kernel", "journal", "environment"
  std::string text;
};

struct Diagnosis {
  Outcome outcome;
  std::vector<ExplainedLine> lines;  ///< what librocmfix was given
  std::vector<std::pair<std::string, std::string>>
      facts;              ///< and in addition: {"rdna1", "gfx1010"}
  FaultReports reports;   ///< of the command's processes
  std::string incidents;  ///< librocmfix's, a JSON array; empty: not asked, or no answer
  bool explained = false;
  std::optional<HangReport> hang;  ///< why it was ended

  /// There is something to tell that nobody has told yet.
  [[nodiscard]] bool found() const { return !reports.own.empty() || !incidents.empty() || hang; }
};

/// Something that ended as this did may be a fault's end: worth to ask the journal.
bool is_crash(const ExitInfo& exit_info);

/// Told to stop, it waits for no answer.
Diagnosis diagnose(const SignalQueue& signals, const ExitInfo& exit_info, KernelLog& log,
                   const CrashContext& context);

/// The lines are of a hang, or a reset, of a supported GPU. Told to stop, it waits for no answer.
bool reports_hang(const SignalQueue& signals, const std::vector<std::string>& lines,
                  const CrashContext& context);

/// The document of the first process that reported, an object with an object "fault"; null: none.
nlohmann::ordered_json report_document(const Diagnosis& diagnosis);

/// librocmfix's incidents, objects with an array "events"; null: none.
nlohmann::ordered_json incident_documents(const Diagnosis& diagnosis);

}  // namespace rocmfix::run
