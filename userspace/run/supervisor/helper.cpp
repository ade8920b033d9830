// SPDX-License-Identifier: MIT
#include "supervisor/helper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "supervisor/descriptor.hpp"

namespace rocmfix::run {

namespace {

constexpr int patience_ms = 10'000;
constexpr std::size_t most = 16U << 20U;

/// What both kinds of helper have in common: it ends with this process, has no say on stderr, and
/// every signal reaches it.
void become_helper(pid_t supervisor) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) {
    _exit(127);
  }
  const int null = open("/dev/null", O_WRONLY);
  if (null != STDERR_FILENO) {
    dup2(null, STDERR_FILENO);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// 127: it cannot be executed.
int execute(const std::vector<std::string>& command, int out) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  // Neither the simulated card nor the interposer has any business in it.
  unsetenv("LD_PRELOAD");   // NOLINT(concurrency-mt-unsafe): one thread
  unsetenv("ROCMFIX_SIM");  // NOLINT(concurrency-mt-unsafe): one thread
  execvp(words.front(), words.data());
  return 127;
}

int remaining_ms(const timespec& begin) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long passed =
      (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1'000'000;
  return passed >= patience_ms ? 0 : patience_ms - static_cast<int>(passed);
}

/// False: it took too long, or says too much, or this process was told to stop.
bool read_until_end(const SignalQueue& signals, int fd, const timespec& begin, std::string& text) {
  std::array<char, 16384> buffer{};
  while (text.size() < most) {
    std::array<pollfd, 2> watched{{{fd, POLLIN, 0}, {signals.stop_descriptor(), POLLIN, 0}}};
    if (poll(watched.data(), watched.size(), remaining_ms(begin)) <= 0 || watched[1].revents != 0) {
      return false;
    }
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got == 0) {
      return true;
    }
    if (got < 0 && errno != EINTR) {
      return false;
    }
    text.append(buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  }
  return false;
}

/// The status as waitpid(2) gives it. One that has closed stdout need not have ended.
int end_of(const SignalQueue& signals, pid_t helper, const timespec& begin, bool patient) {
  constexpr int step_ms = 1;
  int status = 0;
  while (patient && remaining_ms(begin) > 0) {
    if (waitpid(helper, &status, WNOHANG) != 0) {
      return status;
    }
    pollfd stop{signals.stop_descriptor(), POLLIN, 0};
    patient = poll(&stop, 1, step_ms) == 0;
  }
  kill(helper, SIGKILL);
  while (waitpid(helper, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::optional<std::string> ask_helper(const SignalQueue& signals,
                                      const std::function<int(int out)>& answer) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  for (int& end : ends) {
    end = above_the_standard_ones(end);
  }
  const pid_t supervisor = getpid();
  const pid_t helper = fork();
  if (helper == 0) {
    become_helper(supervisor);
    _exit(answer(ends[1]));
  }
  close(ends[1]);
  timespec begin{};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  std::string text;
  const bool whole = helper > 0 && read_until_end(signals, ends[0], begin, text);
  close(ends[0]);
  if (helper < 0) {
    return std::nullopt;
  }
  const int status = end_of(signals, helper, begin, whole);
  if (!whole || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> run_helper(const SignalQueue& signals,
                                      const std::vector<std::string>& command) {
  return ask_helper(signals, [&](int out) { return execute(command, out); });
}

}  // namespace rocmfix::run
