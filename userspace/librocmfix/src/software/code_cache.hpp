// SPDX-License-Identifier: MIT
// What libraries carry, remembered between launches by path, device, inode, size and time of change
// (ns) of the file: $XDG_CACHE_HOME/rocmfix/code-objects, else ~/.cache/rocmfix/code-objects.
//
// A file that is not this user's own, that others may write or that does not read as ours is passed
// over. Where nothing can be written, nothing is remembered; neither is an error.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rocmfix/software.hpp"

namespace rocmfix::detail {

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint64_t mtime_ns = 0;
  std::uint64_t ctime_ns = 0;  ///< a copy that keeps its mtime is still another file
  bool operator==(const FileIdentity&) const = default;  // NOLINT(modernize-use-nullptr): LLVM 14
};

/// nullopt: it is not of that type (S_IFREG, S_IFDIR).
std::optional<FileIdentity> file_identity(const struct stat& status, mode_t type);

class CodeCache {
 public:
  explicit CodeCache(const Environment& environment);

  /// nullopt: not known of this very file.
  [[nodiscard]] std::optional<std::vector<std::string>> find(const std::string& path,
                                                             const FileIdentity& identity);
  void add(const std::string& path, const FileIdentity& identity,
           const std::vector<std::string>& targets);
  /// Replaces the file, atomically, if something was added.
  void save();

 private:
  struct Entry {
    FileIdentity identity;
    std::vector<std::string> targets;
  };
  void load();

  std::string folder_;  ///< empty: none
  bool loaded_ = false;
  bool changed_ = false;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace rocmfix::detail
