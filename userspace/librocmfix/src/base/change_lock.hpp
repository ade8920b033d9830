// SPDX-License-Identifier: MIT
// One change of the configuration at a time: a lock on a file of our own, /run/rocmfix.lock, which
// is made for it and removed with it. A directory such as /etc/modprobe.d is no good for that:
// flock(2) is for everybody who can open it for reading, and they could keep root waiting.
#pragma once

#include "rocmfix/root.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::detail {

class ChangeLock {
 public:
  /// Errors: refused when another process holds it; io.
  static Result<ChangeLock> take(const Root& root);

  ChangeLock(ChangeLock&&) noexcept = default;
  ChangeLock& operator=(ChangeLock&&) = delete;
  ChangeLock(const ChangeLock&) = delete;
  ChangeLock& operator=(const ChangeLock&) = delete;
  ~ChangeLock();

 private:
  ChangeLock(const Root& root, FileDescriptor directory, FileDescriptor file, bool made)
      : root_(&root), directory_(std::move(directory)), file_(std::move(file)), made_(made) {}

  const Root* root_;
  FileDescriptor directory_;
  FileDescriptor file_;
  bool made_;  ///< /run was not there
};

}  // namespace rocmfix::detail
