// SPDX-License-Identifier: MIT
// A folder that is filled with what somebody else names: everything is made below it, and no link
// is followed on the way, wherever it may lead.
#pragma once

#include <string>

#include "util/file_descriptor.hpp"

namespace rocmfix::detail {

/// Paths are relative, without ".", ".." and empty parts. Folders on the way are made. Each call
/// returns an errno, 0 for success: EEXIST when there is something of that name, ELOOP or ENOTDIR
/// when the way leads through a link or a file.
class NewFolder {
 public:
  explicit NewFolder(FileDescriptor folder) : folder_(std::move(folder)) {}

  /// One that is there already is none.
  [[nodiscard]] int make_folder(const std::string& path) const;
  [[nodiscard]] int make_link(const std::string& path, const char* target) const;
  /// Open for writing.
  [[nodiscard]] int make_file(const std::string& path, bool executable, FileDescriptor& file) const;

 private:
  [[nodiscard]] int open_parent(const std::string& path, FileDescriptor& parent) const;

  FileDescriptor folder_;
};

}  // namespace rocmfix::detail
