// SPDX-License-Identifier: MIT
// What rocmfix keeps under /var/lib/rocmfix/ so that nothing of the user's is ever lost:
//   original.conf      the user's own file that had the name of rocmfix.conf
//   edited-N.conf      a rocmfix.conf that somebody edited, or an older original
//   initramfs-pending  the configuration changed and the initramfs does not have it yet
// The directory exists only while it holds something.
#pragma once

#include <optional>
#include <string>

#include "base/atomic_file.hpp"

namespace rocmfix::detail {

inline constexpr const char* state_directory = "/var/lib/rocmfix";

class KeptFiles {
 public:
  explicit KeptFiles(const Root& root) : root_(&root) {}

  /// nullopt: the user had none. Errors: io, refused.
  Result<std::optional<FileContent>> original();
  /// Makes `content` the original; another one that is kept already becomes edited-N.conf.
  Result<void> keep_original(const FileContent& content);
  Result<void> forget_original();
  /// Keeps a copy; the same bytes are kept once. Returns its path inside the root.
  Result<std::string> keep_edited(const FileContent& content);

  Result<void> set_initramfs_pending();
  [[nodiscard]] bool initramfs_pending() const;
  Result<void> clear_initramfs_pending();

  /// Removes what a killed run left half-written, and the directory when it is empty.
  void tidy();

 private:
  Result<AtomicDirectory*> opened(bool make);
  Result<std::string> free_name(const FileContent& content, bool& already_kept);

  const Root* root_;
  std::optional<AtomicDirectory> directory_;
};

}  // namespace rocmfix::detail
