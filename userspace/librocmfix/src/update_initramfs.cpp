// SPDX-License-Identifier: MIT
#include "update_initramfs.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace rocmfix::detail {
namespace {

Error failure(std::string what, int errnum) {
  return {ErrorCode::failed, std::move(what), errnum,
          "make room in /boot if it is full, then: sudo update-initramfs -u -k all"};
}

}  // namespace

Result<bool> update_initramfs() {
  std::string program = "/usr/sbin/update-initramfs";
  std::string update = "-u";
  std::string kernel = "-k";
  std::string all = "all";
  if (::access(program.c_str(), X_OK) != 0) {
    return false;
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  // stdout belongs to our own answer, which may be JSON.
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  const std::array<char*, 5> arguments = {program.data(), update.data(), kernel.data(), all.data(),
                                          nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return fail(failure("cannot run update-initramfs", error));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return fail(failure("cannot wait for update-initramfs", errno));
    }
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return true;
  }
  return fail(
      failure(WIFEXITED(status)
                  ? fmt::format("update-initramfs failed with exit status {}", WEXITSTATUS(status))
                  : fmt::format("update-initramfs was killed by signal {}", WTERMSIG(status)),
              0));
}

}  // namespace rocmfix::detail
