// SPDX-License-Identifier: MIT
#include "supervise_signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "supervise_descriptor.hpp"

namespace rocmfix::run {

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
  const int fd = above_the_standard_ones(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (fd < 0) {
    const int errnum = errno;
    sigprocmask(SIG_SETMASK, &before, nullptr);
    sigaction(SIGCHLD, &child_before, nullptr);
    return fail(io_error("cannot watch for signals", errnum));
  }
  return SignalQueue(fd, before, child_before);
}

SignalQueue::SignalQueue(int fd, const sigset_t& mask, const struct sigaction& child_action)
    : fd_(fd), mask_(mask), child_action_(child_action) {}

SignalQueue::SignalQueue(SignalQueue&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), mask_(other.mask_), child_action_(other.child_action_) {}

SignalQueue::~SignalQueue() {
  if (fd_ >= 0) {
    close(fd_);
  }
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
