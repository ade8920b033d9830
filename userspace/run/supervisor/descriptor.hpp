// SPDX-License-Identifier: MIT
// Small things about descriptors.
//
// Where the supervisor's own descriptors go: not into the place of a closed stdin, stdout or
// stderr, where the command would find them, nor among the low numbers that scripts give out.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

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

/// False: errno says why.
inline bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace rocmfix::run
