// SPDX-License-Identifier: MIT
#include "log_pipe.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <vector>

namespace rocmfix::cli {

namespace {

constexpr std::size_t at_most = 128 << 10;  // as cat(1)

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

Result<void> LogPipe::copy(FaultReader* reader) {
  reader_ = reader;
  Result<void> format;
  bool first = true;
  std::vector<char> buffer(at_most);
  for (;;) {
    if (wait_ms() >= 0 && !wait_for(in_, POLLIN, wait_ms())) {
      settle_if_due();
      continue;
    }
    const ssize_t n = ::read(in_, buffer.data(), buffer.size());
    if (n == 0) {
      return format;
    }
    if (n < 0 && would_block()) {
      wait_for(in_, POLLIN, wait_ms());
      settle_if_due();
      continue;
    }
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return fail(io_error("cannot read the log", errno));
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
    if (first) {
      format = check_log_format(bytes);
      reader_ = format ? reader_ : nullptr;
      first = false;
    }
    auto written = write(bytes);
    examine(bytes);
    if (!written) {
      return written;
    }
  }
}

Result<void> LogPipe::write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t most = bytes.size();
    if (wait_ms() >= 0) {
      // Of a pipe that can be written, this is what it takes without blocking.
      most = std::min<std::size_t>(most, PIPE_BUF);
      if (!wait_for(out_, POLLOUT, wait_ms())) {
        settle_if_due();
        continue;
      }
    }
    const ssize_t n = ::write(out_, bytes.data(), most);
    if (n < 0 && would_block()) {
      wait_for(out_, POLLOUT, wait_ms());
      settle_if_due();
    } else if (n < 0 && errno != EINTR) {
      return fail(io_error("cannot write to standard output", errno));
    } else if (n > 0) {
      within_line_ = bytes[static_cast<std::size_t>(n) - 1] != '\n';
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  return {};
}

void LogPipe::examine(std::string_view bytes) {
  if (reader_ != nullptr) {
    reader_->feed(bytes);
    settling_.note(reader_->open(), reader_->incident_lines(), Settling::Clock::now());
    settle_if_due();
  }
}

bool LogPipe::wait_for(int fd, short events, int most_ms) {
  pollfd watched{fd, events, 0};
  return ::poll(&watched, 1, most_ms) > 0;
}

void LogPipe::settle_if_due() {
  if (reader_ != nullptr && settling_.due(Settling::Clock::now())) {
    reader_->settle();
    settling_.note(reader_->open(), reader_->incident_lines(), Settling::Clock::now());
  }
}

}  // namespace rocmfix::cli
