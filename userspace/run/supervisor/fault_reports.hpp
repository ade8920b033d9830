// SPDX-License-Identifier: MIT
// What the processes of the command have reported: each interposer its fault, over the descriptor
// or, where that was closed on the way, in a file; and each rocmfix-run within the command what it
// has already described itself.
//
// A report belongs to the command if it carries the tag of this attempt, which children inherit: a
// launcher's workers are not the command's own process. A child whose environment was scrubbed is
// not seen.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix::run {

/// An interposer's document.
struct ProcessReport {
  std::string text;  ///< JSON, an object with an object "fault"
  std::string file;  ///< its name in the folder, which it should keep; empty: from the descriptor
  std::uint64_t pid = 0;
  std::string time;  ///< "2026-11-23T02:40:05.123456Z": sorts
};

/// The document of a rocmfix-run within the command, which has described the fault to the user.
struct InnerAccount {
  std::string text;
  std::string file;
  bool handled = false;  ///< its command was started again, or it was no fault
};

struct FaultReports {
  std::vector<ProcessReport> own;  ///< the command's own process first, then by time
  std::vector<InnerAccount> inner;
  bool distrusted = false;  ///< others could have forged files of the interposer

  /// There is a fault that nobody within the command has handled.
  [[nodiscard]] bool unhandled() const;
};

struct ReportSource {
  std::string_view lines;  ///< what came over the descriptor
  const std::string& directory;
  const std::string& tag;
  pid_t command = 0;
  std::int64_t since = 0;  ///< as read_report_files() has it
};

FaultReports collect_reports(const ReportSource& source);

}  // namespace rocmfix::run
