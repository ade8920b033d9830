// SPDX-License-Identifier: MIT
// The paths that were read, as folders, files and links: each link on the way is one in the report,
// so that it leads there, too.
#include "report/report_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>

#include "util/file_descriptor.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

// rocBLAS has 5000 files in a folder.
constexpr std::size_t most_entries = 60'000;
constexpr std::size_t most_links = 40;  // MAXSYMLINKS

std::string target_of(int link) {
  std::array<char, 4096> target{};
  const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
  return size > 0 && static_cast<std::size_t>(size) < target.size()
             ? std::string(target.data(), static_cast<std::size_t>(size))
             : std::string();
}

void push_front(std::deque<std::string>& parts, std::string_view path) {
  std::deque<std::string> more;
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty() && part != ".") {
      more.emplace_back(part);
    }
  }
  parts.insert(parts.begin(), more.begin(), more.end());
}

/// Finds out what is where, on the machine, and takes it into a tree, without contents.
class Walker {
 public:
  Walker(const Root& root, ReportTree& tree) : root_(root), tree_(tree) {}

  /// Where it leads, all links resolved; empty: nowhere, and the tree has as much as there is.
  std::string add(std::string_view path, bool follow_last);
  [[nodiscard]] bool full() const { return tree_.size() >= most_entries; }

 private:
  /// The entry at `path`, of which all but the last part is resolved; nullptr: nothing is there.
  const TreeEntry* at(const std::string& path);

  const Root& root_;
  ReportTree& tree_;
};

const TreeEntry* Walker::at(const std::string& path) {
  if (const auto known = tree_.find(path); known != tree_.end()) {
    return &known->second;
  }
  const auto opened = root_.open_file(path, O_PATH | O_NOFOLLOW);
  if (!opened || full()) {
    return nullptr;
  }
  const FileDescriptor fd(*opened);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return nullptr;
  }
  TreeEntry entry;
  entry.permissions = status.st_mode & 07777U;
  if (S_ISLNK(status.st_mode)) {
    entry.kind = TreeEntry::Kind::link;
    entry.target = target_of(fd.get());
    if (entry.target.empty()) {
      return nullptr;
    }
  } else if (!S_ISDIR(status.st_mode)) {
    entry.kind = TreeEntry::Kind::file;  // a device, too: only root could make one again
  }
  return &tree_.emplace(path, std::move(entry)).first->second;
}

std::string Walker::add(std::string_view path, bool follow_last) {
  std::deque<std::string> parts;
  push_front(parts, path);
  std::string here;
  std::size_t links = 0;
  while (!parts.empty()) {
    const std::string part = std::move(parts.front());
    parts.pop_front();
    if (part == "..") {
      here.erase(std::min(here.rfind('/'), here.size()));
      continue;
    }
    std::string next = here;
    next.append("/").append(part);
    const TreeEntry* const entry = at(next);
    if (entry == nullptr) {
      return {};
    }
    if (entry->kind != TreeEntry::Kind::link || (parts.empty() && !follow_last)) {
      here = next;
      continue;
    }
    if (++links > most_links) {
      return {};
    }
    if (entry->target.starts_with('/')) {
      here.clear();
    }
    push_front(parts, entry->target);
  }
  return here.empty() ? "/" : here;
}

/// Parts that touch or overlap become one, so that a name across two is seen whole.
std::map<std::uint64_t, std::string> joined(const std::map<std::uint64_t, std::string>& ranges) {
  std::map<std::uint64_t, std::string> parts;
  for (const auto& [offset, bytes] : ranges) {
    if (!parts.empty()) {
      auto& [begin, last] = *parts.rbegin();
      const std::uint64_t end = begin + last.size();
      if (offset <= end) {
        if (offset + bytes.size() > end) {
          last += std::string_view(bytes).substr(end - offset);
        }
        continue;
      }
    }
    parts.emplace(offset, bytes);
  }
  return parts;
}

void fill(TreeEntry& entry, const Recorded& recorded, const KeptLines& lines) {
  const std::uint64_t ranges_end =
      recorded.ranges.empty()
          ? 0
          : recorded.ranges.rbegin()->first + recorded.ranges.rbegin()->second.size();
  if (recorded.content && recorded.content->size() >= ranges_end) {
    std::string text = lines.of(*recorded.content, recorded.purpose);
    entry.size = text.size();
    entry.parts.clear();
    if (!text.empty()) {
      entry.parts.emplace(0, std::move(text));
    }
    return;
  }
  // By another of its names it may have been read, too.
  std::map<std::uint64_t, std::string> all = entry.parts;
  for (const auto& [offset, bytes] : recorded.ranges) {
    if (std::string& known = all[offset]; known.size() < bytes.size()) {
      known = bytes;
    }
  }
  entry.parts = joined(all);
  entry.size = std::max({entry.size, recorded.size.value_or(0), ranges_end});
}

void learn_names(const ReportTree& tree, const Recording& recording, ReportRedaction& redaction) {
  for (const auto& [path, recorded] : recording.paths()) {
    redaction.names().learn_from(path);
  }
  for (const auto& [path, entry] : tree) {
    redaction.names().learn_from(path);
    redaction.names().learn_from(entry.target);
    for (const auto& [offset, bytes] : entry.parts) {
      redaction.names().learn_from(bytes);
    }
  }
}

ReportTree redacted_tree(ReportTree&& tree, ReportRedaction& redaction) {
  ReportTree clean;
  for (auto& [path, entry] : tree) {
    entry.target = redaction.path(entry.target);
    const bool is_whole = entry.whole();
    for (auto& [offset, bytes] : entry.parts) {
      const bool is_log =
          path == "/proc/cmdline" || path == "/dev/kmsg" || path.starts_with("/var/log/");
      bytes = is_whole && is_log ? redaction.text(bytes) : redaction.content(bytes);
    }
    clean.emplace(redaction.path(path), std::move(entry));
  }
  return clean;
}

}  // namespace

TreeResult make_report_tree(const Root& root, const Recording& recording, const KeptLines& lines,
                            ReportRedaction& redaction) {
  TreeResult result;
  Walker walker(root, result.tree);
  for (const auto& [path, recorded] : recording.paths()) {
    const std::string real = walker.add(path, true);
    const auto entry = result.tree.find(real);
    if (entry != result.tree.end() && entry->second.kind == TreeEntry::Kind::file) {
      fill(entry->second, recorded, lines);
    }
  }
  for (const auto& [path, recorded] : recording.paths()) {
    const std::string folder = recorded.names.empty() ? "" : walker.add(path, true);
    // Of the processes only those count that were looked at.
    for (const std::string& name :
         folder.empty() || folder == "/proc" ? std::vector<std::string>() : recorded.names) {
      walker.add((folder == "/" ? "" : folder) + "/" + name, false);
    }
  }
  result.complete = !walker.full() && recording.complete();
  learn_names(result.tree, recording, redaction);
  result.tree = redacted_tree(std::move(result.tree), redaction);
  for (const auto& [path, recorded] : recording.paths()) {
    const CapturedNode& node = recorded.node;
    if (node.status || node.open_errnum != 0 || node.asked_errnum != 0) {
      result.nodes.emplace(redaction.path(path), node);
    }
  }
  return result;
}

void add_document(ReportTree& tree, const std::string& path, std::string text) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    tree.try_emplace(path.substr(0, slash));
  }
  TreeEntry entry;
  entry.kind = TreeEntry::Kind::file;
  entry.permissions = 0644;
  entry.size = text.size();
  if (!text.empty()) {
    entry.parts.emplace(0, std::move(text));
  }
  tree.insert_or_assign(path, std::move(entry));
}

}  // namespace rocmfix::detail
