// SPDX-License-Identifier: MIT
// The terminal that the command works on: as it was, for the next attempt after a crash.
//
// Refuses to: take a terminal that is not this job's.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>

namespace rocmfix::run {

/// This process's group, or that of `child`, is the one that the terminal works for.
bool is_in_foreground(pid_t child);

class Terminal {
 public:
  /// Remembers what it is like; nothing when no standard stream is one.
  Terminal();
  /// After the command died: the modes, and the foreground, that it may have changed.
  void restore(pid_t dead_group) const;

 private:
  int fd_ = -1;
  std::optional<termios> modes_;
};

}  // namespace rocmfix::run
