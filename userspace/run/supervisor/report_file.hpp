// SPDX-License-Identifier: MIT
// The files that the interposer has written where the command had closed the descriptor for its
// reports.
//
// Reads only files of this user, in a folder where nobody else can put or replace one, and only
// those that carry the tag of this attempt: a folder may be shared by users, and by containers in
// which process numbers are the same.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rocmfix::run {

struct ReportFile {
  std::string name;
  std::string text;
};

struct ReportFiles {
  std::vector<ReportFile> files;  ///< the command's own first, then by time
  bool distrusted = false;        ///< there are some, in a folder that others can write
};

/// Eight hexadecimal digits, others each time.
std::string new_report_tag();

ReportFiles read_report_files(const std::string& directory, const std::string& tag, pid_t command);

}  // namespace rocmfix::run
