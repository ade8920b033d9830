// SPDX-License-Identifier: MIT
// Changing files of a directory inside a root so that a process killed at any point leaves the
// old file or the new one, whole.
//
// Refuses: to follow a link where a file should be, to leave the root through one in the path of
// the directory, to replace anything but a regular file. One process at a time: take ChangeLock
// first.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {

struct FileContent {
  std::string text;
  mode_t mode = 0644;
  std::optional<uid_t> uid;  ///< nullopt: the process's own
  std::optional<gid_t> gid;
};

class AtomicDirectory {
 public:
  /// Errors: io (ENOENT when missing, ENOTDIR, EACCES ...).
  static Result<AtomicDirectory> open(const Root& root, std::string path);
  /// open(), and the directory and its parents are made (0755) where they are missing.
  static Result<AtomicDirectory> create(const Root& root, const std::string& path);

  /// Whether names can be made and removed in it. Errors: io.
  [[nodiscard]] Result<void> check_writable(const std::string& name) const;
  /// nullopt: there is none. Errors: refused for a link, a directory, a device; invalid over 1 MiB.
  [[nodiscard]] Result<std::optional<FileContent>> read(const std::string& name) const;
  /// Makes or replaces the file. On an error it is what it was, save for an error of the last
  /// sync of the directory, which says so.
  Result<void> write(const std::string& name, const FileContent& content);
  /// Errors: io; a missing file is none.
  Result<void> remove(const std::string& name);
  Result<void> rename(const std::string& from, const std::string& to);
  /// Removes the half-written file that a killed write() of `name` left.
  void remove_stale(const std::string& name);
  /// Names, sorted.
  [[nodiscard]] std::vector<std::string> list() const;
  /// Path inside the root: for messages.
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }

 private:
  AtomicDirectory(const Root& root, std::string path, FileDescriptor fd);
  [[nodiscard]] std::string shown(const std::string& name) const;
  [[nodiscard]] Error refusal(const std::string& what, const std::string& name, int errnum) const;
  Result<void> write_temporary(const std::string& temporary, const std::string& name,
                               const FileContent& content);
  Result<void> sync(const std::string& name);

  const Root* root_;
  std::string path_;
  FileDescriptor fd_;
};

/// rmdir; a directory that is missing or not empty is no error.
void remove_empty_directory(const Root& root, const std::string& path);

}  // namespace rocmfix::detail
