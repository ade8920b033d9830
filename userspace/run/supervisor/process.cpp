// SPDX-License-Identifier: MIT
#include "supervisor/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <initializer_list>
#include <optional>

#include "supervisor/clock.hpp"
#include "supervisor/descriptor.hpp"
#include "supervisor/family.hpp"
#include "supervisor/guardian.hpp"
#include "supervisor/terminal.hpp"
#include "supervisor/watch.hpp"

namespace rocmfix::run {

namespace {

constexpr std::size_t most_reports = 1U << 20U;  // the interposer writes 64 KiB a fault

/// What the kernel sends to a whole foreground group.
bool is_the_terminals(int signal) {
  constexpr std::array signals = {SIGINT,  SIGQUIT, SIGTSTP,  SIGTTIN,
                                  SIGTTOU, SIGHUP,  SIGWINCH, SIGCONT};
  return std::find(signals.begin(), signals.end(), signal) != signals.end();
}

class Run {
 public:
  Run(const SignalQueue& signals, pid_t child, int reports, Watch* watch)
      : signals_(signals), child_(child), reports_(reports), watch_(watch), began_(now_ms()) {
    ending_.pid = child;
  }

  ExitInfo wait() {
    std::array<pollfd, 2> watched{{{signals_.descriptor(), POLLIN, 0}, {reports_, POLLIN, 0}}};
    while (!ended_) {
      poll(watched.data(), watched.size(), watch_ == nullptr ? -1 : watch_->until_next_look());
      read_reports();
      if ((watched[1].revents & POLLHUP) != 0 && (watched[1].revents & POLLIN) == 0) {
        watched[1].fd = -1;  // the other end is closed
      }
      while (const auto signal = signals_.next()) {
        handle(*signal);
      }
      if (watch_ != nullptr && !ended_) {
        watch_->look();
      }
    }
    read_reports();
    ending_.lived_ms = now_ms() - began_;
    if (watch_ != nullptr) {
      ending_.hang = watch_->report();
    }
    return std::move(ending_);
  }

 private:
  void handle(const signalfd_siginfo& info) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD) {
      reap();
      return;
    }
    if (signals_.asks_to_stop(signal)) {
      ending_.told_to_stop = true;
    }
    if (watch_ != nullptr && signal == SIGINT && info.ssi_code == SI_KERNEL) {
      watch_->interrupted();
    }
    if (signal == SIGCONT && stopped_) {
      continue_command();
    } else if (is_for_command(info) && kill(child_, signal) != 0 && errno == EPERM &&
               signals_.asks_to_stop(signal)) {
      // A command of another user's, such as sudo(8): the signal ends the supervisor instead.
      ending_.denied = true;
      ending_.signalled = true;
      ending_.status = signal;
      ended_ = true;
    }
  }

  [[nodiscard]] bool is_for_command(const signalfd_siginfo& info) const {
    const int signal = static_cast<int>(info.ssi_signo);
    if (info.ssi_code == SI_KERNEL) {
      // A terminal that hangs up tells the leader of the session, and nobody else.
      const bool for_leader = signal == SIGHUP && getsid(0) == getpid();
      return for_leader || (!is_the_terminals(signal) && signal != SIGPIPE);
    }
    const auto sender = static_cast<pid_t>(info.ssi_pid);
    return sender != getpid() && !is_below(sender, child_);
  }

  void reap() {
    for (;;) {
      siginfo_t info{};
      if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) != 0 ||
          info.si_pid == 0) {
        return;
      }
      if (info.si_pid != child_) {
        continue;  // an orphan of its that has come to us
      }
      switch (info.si_code) {
        case CLD_STOPPED:
          stop_like_command(info.si_status);
          break;
        case CLD_CONTINUED:
          stopped_ = false;
          break;
        case CLD_EXITED:
        case CLD_KILLED:
        case CLD_DUMPED:
          ending_.signalled = info.si_code != CLD_EXITED;
          ending_.status = info.si_status;
          ended_ = true;
          break;
        default:
          break;
      }
    }
  }

  /// The shell watches this process, so it has to stop, too; but not where somebody stopped the
  /// command alone, and may let it go on alone.
  void stop_like_command(int signal) {
    stopped_ = true;
    if (signal == SIGSTOP && !is_in_foreground(child_)) {
      return;
    }
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    const bool ignored = action.sa_handler == SIG_IGN;  // NOLINT: a union of the system's
    if (signal == SIGSTOP || ignored) {
      static_cast<void>(raise(SIGSTOP));
      return;
    }
    // The terminal's own is pending in addition to this one; SIGCONT discards both.
    static_cast<void>(raise(signal));
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    sigprocmask(SIG_UNBLOCK, &one, nullptr);
    sigprocmask(SIG_BLOCK, &one, nullptr);
  }

  /// `fg` continues the whole group; `kill -CONT PID` this process alone.
  void continue_command() {
    constexpr timespec moment{0, 1'000'000};
    for (int i = 0; stopped_ && i < 20; ++i) {
      siginfo_t info{};
      if (waitid(P_PID, static_cast<id_t>(child_), &info, WCONTINUED | WNOHANG) == 0 &&
          info.si_pid == child_) {
        stopped_ = false;
        return;
      }
      nanosleep(&moment, nullptr);
    }
    if (stopped_) {
      kill(child_, SIGCONT);
    }
  }

  /// What a pipe can hold, and no more at once: who writes without end must not keep signals
  /// waiting.
  void read_reports() {
    constexpr int most_reads = 64;
    std::array<char, 16384> buffer{};
    for (int i = 0; i < most_reads && reports_ >= 0; ++i) {
      const ssize_t got = read(reports_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        return;
      }
      const std::size_t room = most_reports - ending_.reports.size();
      ending_.reports.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
    }
  }

  const SignalQueue& signals_;
  pid_t child_;
  int reports_;
  Watch* watch_;
  std::uint64_t began_;
  bool stopped_ = false;
  bool ended_ = false;
  ExitInfo ending_;
};

[[noreturn]] void enter(const SignalQueue& signals, const Start& start, pid_t supervisor,
                        int reports, const std::array<int, 2>& gate) {
  // kill -9 of rocmfix-run means the command: guardian.hpp has more of it. What the
  // command starts is not covered.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) {
    static_cast<void>(raise(SIGKILL));
  }
  if (start.guarded) {
    // Until the guardian watches it must not run what makes the kernel forget that.
    close(gate[1]);
    char none = 0;
    while (read(gate[0], &none, 1) < 0 && errno == EINTR) {
    }
  }
  if (reports >= 0) {
    fcntl(reports, F_SETFD, 0);
  }
  signals.restore();
  _exit(start.enter(reports));
}

bool make_pipe(std::array<int, 2>& ends) {
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return false;
  }
  for (int& end : ends) {
    end = above_the_standard_ones(end);
  }
  return true;
}

void close_all(std::initializer_list<int> descriptors) {
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) {
      close(descriptor);
    }
  }
}

}  // namespace

Result<ExitInfo> run_command(const SignalQueue& signals, const Start& start) {
  std::array<int, 2> ends = {-1, -1};
  std::array<int, 2> gate = {-1, -1};
  if ((start.with_reports && !make_pipe(ends)) || (start.guarded && !make_pipe(gate))) {
    const int errnum = errno;
    close_all({ends[0], ends[1]});
    return fail(io_error("cannot create a pipe", errnum));
  }
  if (start.with_reports) {
    // Only our end does not wait: the interposer's would lose what does not fit at once.
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  const pid_t supervisor = getpid();
  const pid_t child = fork();
  if (child == 0) {
    enter(signals, start, supervisor, ends[1], gate);
  }
  const int errnum = errno;
  if (child < 0) {
    close_all({ends[0], ends[1], gate[0], gate[1]});
    return fail(io_error("cannot start a process", errnum));
  }
  close_all({ends[1], gate[0]});
  std::optional<Guardian> guardian;
  if (start.guarded) {
    guardian.emplace(child);
    close(gate[1]);  // the command begins
  }
  ExitInfo exit_info = Run(signals, child, ends[0], start.watch).wait();
  close_all({ends[0]});
  return exit_info;
}

bool wait_unless_told(const SignalQueue& signals, std::uint64_t ms, int* by) {
  const std::uint64_t end = now_ms() + ms;
  for (;;) {
    while (const auto signal = signals.next()) {
      const int number = static_cast<int>(signal->ssi_signo);
      if (signals.asks_to_stop(number)) {
        *by = number;
        return false;
      }
      if (number == SIGTSTP && signal->ssi_code == SI_KERNEL) {
        static_cast<void>(raise(SIGSTOP));
      }
    }
    const std::uint64_t now = now_ms();
    if (now >= end) {
      return true;
    }
    pollfd watched{signals.descriptor(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(std::min<std::uint64_t>(end - now, 60'000)));
  }
}

int end_as(const SignalQueue& signals, const ExitInfo& exit_info) {
  if (!exit_info.signalled) {
    return exit_info.status;
  }
  // The command has left its core; one of the supervisor would hide it.
  prctl(PR_SET_DUMPABLE, 0);
  // One that came since must not change how it ends.
  while (signals.next()) {
  }
  signals.restore();
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;  // NOLINT(cppcoreguidelines-pro-type-union-access)
  sigaction(exit_info.status, &standard, nullptr);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, exit_info.status);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  static_cast<void>(raise(exit_info.status));
  // Process 1 of a container cannot die so.
  constexpr int as_a_shell = 128;
  return as_a_shell + exit_info.status;
}

}  // namespace rocmfix::run
