// SPDX-License-Identifier: MIT
#include "supervisor/signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "supervisor/descriptor.hpp"

namespace rocmfix::run {

namespace {

sigset_t signals_that_stop() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) {  // NOLINT(cppcoreguidelines-pro-type-union-access)
      sigaddset(&set, signal);
    }
  }
  return set;
}

}  // namespace

Result<SignalQueue> SignalQueue::open() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  // Where the caller ignores SIGCHLD, the kernel would throw the command's exit status away.
  struct sigaction standard {};
  struct sigaction child_before {};
  standard.sa_handler = SIG_DFL;  // NOLINT(cppcoreguidelines-pro-type-union-access)
  sigaction(SIGCHLD, &standard, &child_before);
  const sigset_t stops = signals_that_stop();
  const int fd = above_the_standard_ones(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  const int stop_fd =
      fd < 0 ? -1 : above_the_standard_ones(signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK));
  if (stop_fd < 0) {
    const int errnum = errno;
    if (fd >= 0) {
      close(fd);
    }
    sigprocmask(SIG_SETMASK, &before, nullptr);
    sigaction(SIGCHLD, &child_before, nullptr);
    return fail(io_error("cannot watch for signals", errnum));
  }
  return SignalQueue(fd, stop_fd, stops, before, child_before);
}

SignalQueue::SignalQueue(int fd, int stop_fd, const sigset_t& stops, const sigset_t& mask,
                         const struct sigaction& child_action)
    : fd_(fd), stop_fd_(stop_fd), stops_(stops), mask_(mask), child_action_(child_action) {}

SignalQueue::SignalQueue(SignalQueue&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      stop_fd_(std::exchange(other.stop_fd_, -1)),
      stops_(other.stops_),
      mask_(other.mask_),
      child_action_(other.child_action_) {}

SignalQueue::~SignalQueue() {
  for (const int fd : {fd_, stop_fd_}) {
    if (fd >= 0) {
      close(fd);
    }
  }
}

bool SignalQueue::told_to_stop() const {
  pollfd watched{stop_fd_, POLLIN, 0};
  return poll(&watched, 1, 0) > 0;
}

bool SignalQueue::asks_to_stop(int signal) const {
  return sigismember(&stops_, signal) == 1;
}

std::optional<signalfd_siginfo> SignalQueue::next() const {
  signalfd_siginfo info{};
  ssize_t got = 0;
  do {
    got = read(fd_, &info, sizeof info);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof info) {
    return std::nullopt;
  }
  return info;
}

void SignalQueue::restore() const {
  sigaction(SIGCHLD, &child_action_, nullptr);
  sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

}  // namespace rocmfix::run
