// SPDX-License-Identifier: MIT
#include "supervisor/inherited.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "supervisor/family.hpp"

namespace rocmfix::run {

namespace {

/// stdin of `pid` is the pipe that one of `outputs` writes to.
bool reads_from(pid_t pid, const std::vector<struct stat>& outputs) {
  struct stat in {};
  if (stat(("/proc/" + std::to_string(pid) + "/fd/0").c_str(), &in) != 0) {
    return false;
  }
  return std::any_of(outputs.begin(), outputs.end(), [&](const struct stat& out) {
    return in.st_ino == out.st_ino && in.st_dev == out.st_dev;
  });
}

std::vector<struct stat> pipes_written_to() {
  std::vector<struct stat> pipes;
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat status {};
    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)) {
      pipes.push_back(status);
    }
  }
  return pipes;
}

}  // namespace

bool has_inherited_children() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 || errno != ECHILD;
}

void let_readers_finish(const SignalQueue& signals) {
  constexpr int step_ms = 10;
  constexpr int patience = 2000 / step_ms;  // a daemon of the command's may hold the pipe forever
  if (getpid() != 1) {
    return;
  }
  std::vector<pid_t> readers = children();
  const std::vector<struct stat> outputs = pipes_written_to();
  std::erase_if(readers, [&](pid_t pid) { return !reads_from(pid, outputs); });
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (readers.empty() || null < 0) {
    return;
  }
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  for (int i = 0; i < patience && !readers.empty(); ++i) {
    std::erase_if(readers, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
    pollfd stop{signals.stop_descriptor(), POLLIN, 0};
    if (!readers.empty() && poll(&stop, 1, step_ms) > 0) {
      return;
    }
  }
}

}  // namespace rocmfix::run
