// SPDX-License-Identifier: MIT
// A process of its own writes. The descriptor is shared with the command and the caller, so it may
// not be made non-blocking; and a pipe that poll(2) calls writable may be full by the time it is
// written to.
#include "supervisor/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "supervisor/descriptor.hpp"

namespace rocmfix::run {

namespace {

[[noreturn]] void write_and_exit(std::string_view text, pid_t supervisor) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == supervisor) {
    // In one write(2), where that takes it, so that lines of several processes do not mix.
    static_cast<void>(write_all(STDERR_FILENO, text));
  }
  _exit(0);
}

/// `ended` has its other end in the writer alone.
void wait_for(pid_t writer, int ended, const SignalQueue& signals) {
  std::array<pollfd, 2> watched{{{ended, POLLIN, 0}, {signals.stop_descriptor(), POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  // Told to stop: what a reader takes at once is still written.
  constexpr int moment_ms = 20;
  if (watched[0].revents == 0 && poll(watched.data(), 1, moment_ms) == 0) {
    kill(writer, SIGKILL);
  }
  while (waitpid(writer, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

void say(const SignalQueue& signals, std::string_view text) {
  if (text.empty()) {
    return;
  }
  std::array<int, 2> ended = {-1, -1};
  const pid_t supervisor = getpid();
  const pid_t writer = pipe2(ended.data(), O_CLOEXEC) == 0 ? fork() : -1;
  if (writer == 0) {
    write_and_exit(text, supervisor);
  }
  if (ended[1] >= 0) {
    close(ended[1]);
  }
  if (writer < 0) {
    static_cast<void>(write_all(STDERR_FILENO, text));
  } else {
    wait_for(writer, ended[0], signals);
  }
  if (ended[0] >= 0) {
    close(ended[0]);
  }
}

}  // namespace rocmfix::run
