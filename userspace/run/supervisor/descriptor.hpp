// SPDX-License-Identifier: MIT
// Where the supervisor's own descriptors go: not into the place of a closed stdin, stdout or
// stderr, where the command would find them, nor among the low numbers that scripts give out.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "util/file_descriptor.hpp"

namespace rocmfix::run {

/// Moves `fd` up, close-on-exec; -1 stays -1, with its errno.
inline int above_the_standard_ones(int fd) {
  constexpr int wanted = 64;  // bash gives out from 10, and uses 255 itself
  constexpr int least = 3;
  if (fd < 0) {
    return fd;
  }
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, wanted);
  if (moved < 0) {
    moved = fcntl(fd, F_DUPFD_CLOEXEC, least);  // a low limit of open files
  }
  const int errnum = errno;
  close(fd);
  errno = errnum;
  return moved;
}

}  // namespace rocmfix::run
