// SPDX-License-Identifier: MIT
// Processes by descriptor. glibc has these functions since 2.36 only; Ubuntu 22.04 has an older
// one.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace rocmfix::run {

/// -1 and errno: there is none, or the kernel is older than 5.3.
inline int open_pidfd(pid_t process) {
  return static_cast<int>(syscall(SYS_pidfd_open, process, 0));
}

inline bool signal_pidfd(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0;
}

}  // namespace rocmfix::run
