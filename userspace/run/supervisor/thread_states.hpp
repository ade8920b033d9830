// SPDX-License-Identifier: MIT
// What keeps a process from going on, as the kernel sees it: it is stopped, or traced, or one of
// its threads waits in the kernel for what cannot be interrupted.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rocmfix::run {

/// Stopped by a signal, or held by a debugger. No more is asked of one that only others wait for:
/// it may be traced, and still run.
bool is_paused(pid_t pid);
bool is_stopped(pid_t pid);

struct StuckThread {
  pid_t pid = 0;
  pid_t thread = 0;
  std::string name;   ///< the process's, as /proc has it: any bytes
  std::string where;  ///< the kernel's function, if it says so
};

/// Of these processes, the threads that are in state D: no signal reaches them before the driver,
/// the disk or the network answers. Some dozen at most.
std::vector<StuckThread> stuck_threads(const std::vector<pid_t>& processes);

}  // namespace rocmfix::run
