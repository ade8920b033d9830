// SPDX-License-Identifier: MIT
// The processes that the command started and left behind, which come to the supervisor (it is a
// subreaper), and who is whose.
//
// Ends what is left behind, so that no worker holds the GPU's memory; but not what means to stay:
// a process with a session of its own (setsid, a daemon), or one that ignores SIGHUP (nohup).
#pragma once

#include <sys/types.h>

namespace rocmfix::run {

/// Orphans of this process's descendants come to it from now on, not to process 1.
void adopt_orphans();

/// `pid` is `ancestor`, or one of its descendants that has not lost its parent.
bool is_below(pid_t pid, pid_t ancestor);

/// SIGTERM, and two seconds later SIGKILL, to what the command left behind, and to what that leaves
/// behind. The number of processes that could not be ended; waits no longer than five seconds.
int end_left_behind();

}  // namespace rocmfix::run
