// SPDX-License-Identifier: MIT
// One run of the command under supervision: fork, terminal, signals, and how it ended.
//
// The command stays in the supervisor's own process group. So the terminal's signals (Ctrl-C,
// Ctrl-Z, a new window size, hanging up) come to both from the kernel, once each, a shell's `fg`
// and `bg` reach both, a pipeline keeps its group, and nobody has to hand the terminal to and fro.
// What the supervisor does about a signal:
//   from the terminal     nothing: the command has it
//   sent to it alone      hands it on: `kill PID` means the command
//   sent from below       nothing: `kill 0` in the command has reached the command, too
//   SIGCONT               continues a command that is stopped; else as the others
//   SIGCHLD               looks who it is; stops when the command was stopped by the terminal, so
//                         that the shell sees it
// kill(2) to the whole group by somebody else (a shell's `kill %1`) cannot be told from one to the
// supervisor alone: the command gets that one twice.
//
// Refuses to: look at, or come between, what the command reads and writes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "rocmfix/error.hpp"
#include "supervisor/hang_report.hpp"
#include "supervisor/signals.hpp"

namespace rocmfix::run {

class Watch;

struct ExitInfo {
  pid_t pid = 0;
  bool signalled = false;
  int status = 0;             ///< exit status, or the signal's number
  bool told_to_stop = false;  ///< INT, QUIT, TERM or HUP came, from wherever
  bool denied = false;        ///< it runs on: `status` was to be passed on, and the kernel refused
  std::uint64_t lived_ms = 0;
  std::string reports;                            ///< what was written to the report descriptor
  std::optional<HangReport> hang = std::nullopt;  ///< it was ended for this

  [[nodiscard]] bool failed() const { return signalled || status != 0; }
};

struct Start {
  bool with_reports = false;      ///< a descriptor for the interposer's reports is handed down
  Watch* watch = nullptr;         ///< looks at it now and then; nullptr: nobody does
  bool guarded = true;            ///< it ends also when the kernel forgets that it should
  std::function<int(int)> enter;  ///< in the child: sets the environment and executes; returns only
                                  ///< with an exit status. The argument is the descriptor, or -1
};

/// Errors: io when there is no process, no pipe. Returns when the command has ended; its
/// descendants may live.
Result<ExitInfo> run_command(const SignalQueue& signals, const Start& start);

/// Waits, and handles what comes meanwhile. True: over; false: told to stop, by `*by`.
bool wait_unless_told(const SignalQueue& signals, std::uint64_t ms, int* by);

/// Ends this process as the command ended: its status, or death by its signal.
int end_as(const SignalQueue& signals, const ExitInfo& exit_info);

}  // namespace rocmfix::run
