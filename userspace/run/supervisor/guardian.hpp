// SPDX-License-Identifier: MIT
// A process that ends the command when the supervisor is killed.
//
// The kernel's own way, PR_SET_PDEATHSIG, is set as well, and comes first; but the kernel forgets
// it when the command becomes another user (gosu, setpriv, su), runs a setuid program, or executes
// from a thread that is not its first, as Go programs do.
//
// Refuses to: end what the command started, or anything while the supervisor lives. A command that
// runs as a user whom the caller may not signal (sudo) cannot be ended by it either.
#pragma once

#include <sys/types.h>

namespace rocmfix::run {

class Guardian {
 public:
  /// `command` is a child of this process that was not waited for. Without pidfds, as in some
  /// sandboxes, there is no guardian.
  explicit Guardian(pid_t command);
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;
  ~Guardian();

 private:
  int pidfd_ = -1;
};

}  // namespace rocmfix::run
