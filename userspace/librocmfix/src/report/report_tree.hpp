// SPDX-License-Identifier: MIT
// A report before it is packed: folders, files and links, redacted.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

#include "base/captured_facts.hpp"
#include "report/kept_lines.hpp"
#include "report/recording.hpp"
#include "report/report_redaction.hpp"

namespace rocmfix::detail {

struct TreeEntry {
  enum class Kind : std::uint8_t { folder, file, link };
  Kind kind = Kind::folder;
  mode_t permissions = 0755;
  std::string target;  ///< of a link
  /// Of a file: what is known of it, by offset, without overlaps. The rest are holes.
  std::map<std::uint64_t, std::string> parts;
  std::uint64_t size = 0;

  /// All of it is known.
  [[nodiscard]] bool whole() const {
    return parts.size() == (size > 0 ? 1 : 0) &&
           (parts.empty() || (parts.begin()->first == 0 && parts.begin()->second.size() == size));
  }
};

/// By path ("/sys/module"); what contains something comes before it.
using ReportTree = std::map<std::string, TreeEntry>;

struct TreeResult {
  ReportTree tree;
  std::map<std::string, CapturedNode, std::less<>> nodes;
  bool complete = true;  ///< false: there were too many names
};

/// Nothing is recorded any more, and `root` is the one that was recorded. The names of people and
/// the machine in what was recorded are learnt first.
TreeResult make_report_tree(const Root& root, const Recording& recording, const KeptLines& lines,
                            ReportRedaction& redaction);

/// A document beside the tree.
void add_document(ReportTree& tree, const std::string& path, std::string text);

}  // namespace rocmfix::detail
