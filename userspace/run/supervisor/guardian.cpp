// SPDX-License-Identifier: MIT
#include "supervisor/guardian.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "supervisor/descriptor.hpp"
#include "supervisor/pidfd.hpp"

namespace rocmfix::run {

namespace {

/// Every signal is blocked, as in the supervisor.
[[noreturn]] void guard(int supervisor, int command) {
  // `pkill rocmfix-run` must not end both at once.
  prctl(PR_SET_NAME, "rocmfix-guard");
  setsid();
  // Who reads what the command writes waits until the last one has closed it.
  dup2(supervisor, STDIN_FILENO);
  dup2(command, STDOUT_FILENO);
  close_range(STDERR_FILENO, UINT_MAX, 0);
  static_cast<void>(chdir("/"));
  std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {STDOUT_FILENO, POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  if (watched[0].revents != 0 && watched[1].revents == 0) {
    signal_pidfd(STDOUT_FILENO, SIGKILL);
  }
  _exit(0);
}

}  // namespace

Guardian::Guardian(pid_t command) {
  const int supervisor = above_the_standard_ones(open_pidfd(getpid()));
  const int watched = above_the_standard_ones(open_pidfd(command));
  if (supervisor >= 0 && watched >= 0) {
    const pid_t guardian = fork();
    if (guardian == 0) {
      guard(supervisor, watched);
    }
    if (guardian > 0) {
      pidfd_ = above_the_standard_ones(open_pidfd(guardian));
    }
  }
  for (const int fd : {supervisor, watched}) {
    if (fd >= 0) {
      close(fd);
    }
  }
}

Guardian::~Guardian() {
  if (pidfd_ < 0) {
    return;
  }
  // By its pidfd: it has ended with the command already, as a rule, and may have been waited for.
  signal_pidfd(pidfd_, SIGKILL);
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd_), nullptr, WEXITED) != 0 && errno == EINTR) {
  }
  close(pidfd_);
}

}  // namespace rocmfix::run
