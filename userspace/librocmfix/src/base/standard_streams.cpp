// SPDX-License-Identifier: MIT
#include "rocmfix/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "rocmfix/without_sigpipe.hpp"
#include "util/file_descriptor.hpp"

namespace rocmfix {

void open_standard_streams(bool inherited) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
      continue;
    }
    const int flags = (fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) | (inherited ? 0 : O_CLOEXEC);
    // The lowest free number is `fd`: those below it are open by now. Without a /dev, any
    // descriptor that cannot be read or written will do.
    if (::open("/dev/null", flags) < 0) {
      [[maybe_unused]] const int any = ::open("/", O_PATH | (inherited ? 0 : O_CLOEXEC));
    }
  }
}

Result<void> write_stdout(std::string_view text) {
  if (!write_all_waiting(STDOUT_FILENO, text)) {
    return fail(io_error("cannot write to standard output", errno));
  }
  return {};
}

void write_stderr(std::string_view text) {
  const int saved = errno;
  {
    const WithoutSigpipe guard;
    [[maybe_unused]] const bool written = write_all(STDERR_FILENO, text);
  }
  errno = saved;
}

}  // namespace rocmfix
