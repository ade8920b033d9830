// SPDX-License-Identifier: MIT
#include "selftest/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "rocmfix/printable.hpp"
#include "selftest/fault_text.hpp"
#include "selftest/litmus/cases.hpp"
#include "selftest/litmus/options.hpp"
#include "selftest/miopen_log.hpp"
#include "selftest/verdict.hpp"
#include "util/file_descriptor.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_stderr = 64U << 10U;
constexpr std::size_t most_line = 4096;

volatile std::sig_atomic_t stop_signal = 0;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
  bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      return false;
    }
    read_end = FileDescriptor(ends[0]);
    write_end = FileDescriptor(ends[1]);
    return true;
  }
};

/// In the child, from here on alone.
[[noreturn]] void become_test(const Test& test, const Task& task, pid_t parent, const Pipe& out,
                              const Pipe& err) {
  setpgid(0, 0);
  // Not left behind when the self-test itself is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(EXIT_FAILURE);
  }
  static_cast<void>(signal(SIGINT, SIG_DFL));
  static_cast<void>(signal(SIGTERM, SIG_DFL));
  const rlimit no_core{0, 0};  // of a process with gigabytes mapped, and expected to abort
  setrlimit(RLIMIT_CORE, &no_core);
  dup2(out.write_end.get(), STDOUT_FILENO);
  dup2(err.write_end.get(), STDERR_FILENO);
  if (!test.sets.empty()) {
    const std::string text(test.sets);
    const std::size_t equals = text.find('=');
    setenv(text.substr(0, equals).c_str(), text.substr(equals + 1).c_str(), 1);
  }
  test.run(task, test.argument);
  finish(Outcome::failed, "the test has no verdict");
}

/// What the parent learns of a child, as it comes.
class Watch {
 public:
  explicit Watch(pid_t child) : child_(child) {}

  /// Until both ends are closed, or it is killed.
  void read_all(const Pipe& out, const Pipe& err, double limit_s) {
    std::array<pollfd, 2> waiting{
        {{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}}};
    while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
      const double left = limit_s - seconds_since(start_);
      if (left <= 0 || stop_requested()) {
        in_time_ = stop_requested();
        kill(-child_, SIGKILL);
        return;
      }
      if (poll(waiting.data(), waiting.size(), static_cast<int>(left * 1000) + 1) <= 0) {
        continue;
      }
      read_ready(waiting[0], [this](std::string_view text) { take_stdout(text); });
      read_ready(waiting[1], [this](std::string_view text) { take_stderr(text); });
    }
  }

  [[nodiscard]] bool in_time() const { return in_time_; }
  [[nodiscard]] const Said& said() const { return said_; }
  [[nodiscard]] const std::string& errors() const { return stderr_; }
  [[nodiscard]] double seconds() const { return seconds_since(start_); }
  [[nodiscard]] std::optional<double> since_armed() const {
    return said_.armed ? std::optional(seconds_since(armed_)) : std::nullopt;
  }

 private:
  template <class Take>
  static void read_ready(pollfd& end, Take take) {
    if (end.fd < 0 || end.revents == 0) {
      return;
    }
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(end.fd, buffer.data(), buffer.size());
    if (got > 0) {
      take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    } else if (got == 0 || errno != EINTR) {
      end.fd = -1;
    }
  }

  void take_stdout(std::string_view text) {
    for (const char c : text) {
      if (c != '\n') {
        if (line_.size() < most_line) {
          line_ += c;
        }
        continue;
      }
      const bool before = said_.armed;
      said_.take(line_);
      if (said_.armed && !before) {
        armed_ = Clock::now();
      }
      line_.clear();
    }
  }

  void take_stderr(std::string_view text) {
    stderr_ += text;
    if (stderr_.size() > most_stderr) {
      stderr_.erase(0, stderr_.size() - most_stderr);
    }
  }

  pid_t child_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point armed_;
  bool in_time_ = true;
  Said said_;
  std::string line_;
  std::string stderr_;
};

/// nullopt: it cannot even be killed, as a process that waits in the driver for a dead GPU.
std::optional<int> end_of(pid_t child) {
  constexpr int tries = 50;
  constexpr useconds_t pause = 100'000;
  int status = 0;
  for (int i = 0; i < tries; ++i) {
    if (waitpid(child, &status, WNOHANG) == child) {
      return status;
    }
    usleep(pause);
  }
  return std::nullopt;
}

Run expected_fault(const Watch& watch, const std::string& fault, const Limits& limits) {
  const double after = watch.since_armed().value_or(0);
  const bool late = after > limits.report_within_s;
  return {late ? Outcome::wrong : Outcome::right,
          formatted("reported {}{:.1f} s: {}", late ? "only after " : "after ", after, fault),
          {},
          {{"reported_after_s", after}},
          {}};
}

std::string name_of_signal(int number) {
  const char* const name = sigabbrev_np(number);
  return name == nullptr ? formatted("signal {}", number) : formatted("SIG{}", name);
}

Run judge_killed(const Test& test, const Watch& watch, bool can_be_killed) {
  const std::string undead = can_be_killed ? "" : ", and cannot be killed";
  if (test.faults && watch.said().armed) {
    return {Outcome::silent,
            formatted("not reported in {:.0f} s, and the kernel did not end{}",
                      watch.since_armed().value_or(0), undead),
            {},
            {},
            {}};
  }
  return {
      Outcome::hang, formatted("did not end in {:.0f} s{}", watch.seconds(), undead), {}, {}, {}};
}

bool may_be_stale(const Test& test) {
  return test.group == "coherence" && !litmus::cases[test.argument].coherent;
}

Run judge_verdict(const Test& test, const Watch& watch, const Limits& limits) {
  const Said& said = watch.said();
  Run run{said.outcome, said.detail, {}, said.figures, {}};
  if (test.faults && said.armed && said.outcome == Outcome::right) {
    return expected_fault(watch, said.detail, limits);
  }
  if (run.outcome == Outcome::stale && may_be_stale(test)) {
    run.outcome = Outcome::right;
    run.detail = "stale, which this memory may be: " + run.detail;
  }
  return run;
}

Run judge(const Test& test, const Watch& watch, std::optional<int> status, const Limits& limits) {
  if (!watch.in_time()) {
    return judge_killed(test, watch, status.has_value());
  }
  if (stop_requested()) {
    return {Outcome::skipped, "it was interrupted", {}, {}, {}};
  }
  if (status && WIFSIGNALED(*status)) {
    const std::string fault = memory_fault(watch.errors());
    if (fault.empty()) {
      return {Outcome::crash, "ended by " + name_of_signal(WTERMSIG(*status)), {}, {}, {}};
    }
    return test.faults && watch.said().armed ? expected_fault(watch, fault, limits)
                                             : Run{Outcome::fault, fault, {}, {}, {}};
  }
  if (watch.said().finished) {
    return judge_verdict(test, watch, limits);
  }
  return {Outcome::failed, "its process ended without a verdict", {}, {}, {}};
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = [](int number) { stop_signal = number; };
  sigaction(SIGINT, &action, nullptr);  // without SA_RESTART: poll(2) returns
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() {
  return stop_signal != 0;
}

Run run_test(const Test& test, const Task& task, const Limits& limits) {
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open()) {
    return {Outcome::failed, formatted("pipe: {}", std::strerror(errno)), {}, {}, {}};
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    return {Outcome::failed, formatted("fork: {}", std::strerror(errno)), {}, {}, {}};
  }
  if (child == 0) {
    become_test(test, task, parent, out, err);
  }
  setpgid(child, child);
  out.write_end = FileDescriptor();
  err.write_end = FileDescriptor();
  Watch watch(child);
  watch.read_all(out, err, task.seconds + limits.grace_s + test.patience_s);
  const double seconds = watch.seconds();
  const auto status = end_of(child);
  Run run = judge(test, watch, status, limits);
  kill(-child, SIGKILL);  // processes that it has left
  shm_unlink(litmus::shared_name(child).c_str());
  run.seconds = seconds;
  run.said = printable_lines(watch.errors());
  if (const std::string solvers = miopen_solvers(run.said); !solvers.empty()) {
    run.detail += "; MIOpen: " + solvers;
  }
  return run;
}

}  // namespace rocmfix::selftest
