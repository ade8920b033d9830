// SPDX-License-Identifier: MIT
// The one loop around read(2) for a file whose size is not known, or not to be trusted.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

namespace rocmfix {

/// Appends what is left in `fd` to `text`. Of a file that is longer than `limit` bytes it appends
/// more than `limit`, and stops there. False: errno says why; `text` has what came before.
inline bool read_to_end(int fd, std::size_t limit, std::string& text) {
  const std::size_t most = text.size() + limit;
  std::array<char, 8192> buffer{};
  while (text.size() <= most) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return got == 0;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace rocmfix
