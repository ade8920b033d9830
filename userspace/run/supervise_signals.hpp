// SPDX-License-Identifier: MIT
// Every signal that comes to the supervisor, as something to read; and the way back for a child.
//
// Refuses to: run a handler. Nothing happens between two instructions here.
#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <optional>

#include "rocmfix/error.hpp"

namespace rocmfix::run {

class SignalQueue {
 public:
  /// Blocks every signal. One at a time.
  static Result<SignalQueue> open();
  SignalQueue(SignalQueue&& other) noexcept;
  SignalQueue& operator=(SignalQueue&&) = delete;
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue();

  /// For poll(2).
  [[nodiscard]] int descriptor() const { return fd_; }
  /// nullopt: none is there. Never waits.
  [[nodiscard]] std::optional<signalfd_siginfo> next() const;
  /// For a child between fork and exec: mask and dispositions as rocmfix-run was given them.
  void restore() const;

 private:
  SignalQueue(int fd, const sigset_t& mask, const struct sigaction& child_action);

  int fd_ = -1;
  sigset_t mask_{};
  struct sigaction child_action_ {};
};

}  // namespace rocmfix::run
