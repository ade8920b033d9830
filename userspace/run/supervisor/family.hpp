// SPDX-License-Identifier: MIT
// The processes that the command started and left behind, which come to the supervisor (it is a
// subreaper), and who is whose.
//
// Ends what is left behind, so that no worker holds the GPU's memory; but not deliberately detached
// processes: a process with a session of its own (setsid, a daemon), or one that ignores SIGHUP
// (nohup).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// A process that was left behind and is still there.
struct Survivor {
  pid_t pid = 0;
  std::string name;     ///< as /proc has it: any bytes
  bool denied = false;  ///< it may not be signalled: it has become another user's
  bool stuck = false;   ///< it is in the kernel, and cannot be interrupted
};

/// Orphans of this process's descendants come to it from now on, not to process 1.
void adopt_orphans();

/// `pid` is `ancestor`, or one of its descendants that has not lost its parent.
bool is_below(pid_t pid, pid_t ancestor);

/// Processes whose parent is this one.
std::vector<pid_t> children();

/// This one's children, their children, and so on: a thousand at most.
std::vector<pid_t> descendants();

/// SIGTERM, and two seconds later SIGKILL, to what the command left behind, and to what that leaves
/// behind; SIGKILL at once when told to stop. Those that could not be ended. Waits no longer than
/// five seconds, and not at all for one that may not be signalled.
std::vector<Survivor> end_left_behind(const SignalQueue& signals);

}  // namespace rocmfix::run
