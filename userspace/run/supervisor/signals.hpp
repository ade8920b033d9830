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
  /// For poll(2): readable while INT, QUIT, TERM or HUP is pending, which next() has not taken yet.
  /// Whoever waits for anything but the command waits for this, too, and reads nothing from it.
  [[nodiscard]] int stop_descriptor() const { return stop_fd_; }
  /// One of those four is pending.
  [[nodiscard]] bool told_to_stop() const;
  /// INT, QUIT, TERM or HUP, but not one that the caller has us ignore (nohup(1), a shell's `&`).
  [[nodiscard]] bool asks_to_stop(int signal) const;
  /// nullopt: none is there. Never waits.
  [[nodiscard]] std::optional<signalfd_siginfo> next() const;
  /// For a child between fork and exec: mask and dispositions as rocmfix-run was given them.
  void restore() const;

 private:
  SignalQueue(int fd, int stop_fd, const sigset_t& stops, const sigset_t& mask,
              const struct sigaction& child_action);

  int fd_ = -1;
  int stop_fd_ = -1;
  sigset_t stops_{};
  sigset_t mask_{};
  struct sigaction child_action_ {};
};

}  // namespace rocmfix::run
