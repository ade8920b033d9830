// SPDX-License-Identifier: MIT
// Starts one run: rocmfix-run with the command, alone in a session, its output kept within bounds.
// How the run is supervised, and what is done with the processes that it leaves behind, is
// rocmfix-run's business.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/error.hpp"
#include "trial/arms.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix::trial {

/// INT, TERM, HUP and QUIT, for as long as it lives: they end the trial, not this process.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  [[nodiscard]] int descriptor() const { return fd_.get(); }
  /// One has come, now or before.
  [[nodiscard]] bool stopped();
  /// Waits; false: it was told to stop.
  [[nodiscard]] bool wait(std::uint64_t ms);

 private:
  FileDescriptor fd_;
  sigset_t before_{};
  bool stopped_ = false;
};

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
  std::string home;
};

/// Who has become root by sudo(8): the command is theirs. nullopt: nobody has.
std::optional<User> user_before_sudo();

struct Start {
  std::vector<std::string> words;  ///< the program first, by its path
  Variables variables;             ///< over this process's own
  std::vector<std::string> unset;
  std::optional<User> user;                      ///< nullopt: this process's own
  std::uint64_t timeout_ms = 0;                  ///< 0: none
  std::function<void(std::string_view)> output;  ///< stdout and stderr, as they come
};

struct Ended {
  bool signalled = false;
  int status = 0;  ///< or the signal
  bool timed_out = false;
  bool told_to_stop = false;
  std::uint64_t ms = 0;  ///< of a clock that nobody sets, and that stands still in suspend
};

/// stdin is empty, and there is no terminal. Over the time, or when the trial is told to stop, it
/// gets SIGTERM, and after 15 s SIGKILL. Errors: io.
Result<Ended> run_command(const Start& start, StopSignals& signals);

std::uint64_t monotonic_ms();

/// The first and the last of an output, however long it is.
class BoundedText {
 public:
  explicit BoundedText(std::size_t most) : most_(most) {}
  void add(std::string_view bytes);
  /// With a line about what was left out.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::size_t most_;
  std::uint64_t bytes_ = 0;
  std::string first_;
  std::string last_;
};

}  // namespace rocmfix::trial
