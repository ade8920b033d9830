// SPDX-License-Identifier: MIT
// The files that interposers have written where the descriptor for their reports was closed on the
// way, as Python's subprocess does; and those of launchers within the command.
//
// Reads only files of this user, in a folder where nobody else can put or replace one, and only
// those that carry the tag of this attempt: a folder may be shared by users, and by containers in
// which process numbers are the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rocmfix::run {

struct ReportFile {
  std::string name;
  std::string text;
};

struct ReportFiles {
  std::vector<ReportFile> files;  ///< by time
  bool distrusted = false;        ///< there are some, in a folder that others can write
};

/// Eight hexadecimal digits, others each time.
std::string new_report_tag();

/// `since`: seconds since 1970; a folder that was not changed since then is not looked through.
ReportFiles read_report_files(const std::string& directory, const std::string& tag,
                              std::int64_t since);

}  // namespace rocmfix::run
