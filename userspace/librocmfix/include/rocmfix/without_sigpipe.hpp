// SPDX-License-Identifier: MIT
// Writing to a pipe without a reader must not end a process that only wanted to print
// a message. No heap, no exception: librocmfix-hip.so uses it.
#pragma once

#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace rocmfix {

/// Holds SIGPIPE back in this thread, and discards the one that was caused meanwhile. The
/// process's disposition stays what it is: it is not ours to change, and children inherit it.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    // One that was pending before is blocked already, and not ours to discard.
    blocked_ =
        sigismember(&pending, SIGPIPE) == 0 && pthread_sigmask(SIG_BLOCK, &pipe_, &before_) == 0;
  }
  ~WithoutSigpipe() {
    if (!blocked_) {
      return;
    }
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool blocked_ = false;
};

}  // namespace rocmfix
