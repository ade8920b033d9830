// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "layer.hpp"

namespace rocmfix::hip {
namespace {

/// stderr is a pipe while this lives.
class StderrPipe {
 public:
  StderrPipe() : before_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe(ends_.data()), 0);
    dup2(ends_[1], STDERR_FILENO);
    close(ends_[1]);
  }
  ~StderrPipe() {
    dup2(before_, STDERR_FILENO);
    close(before_);
    close_reader();
  }
  StderrPipe(const StderrPipe&) = delete;
  StderrPipe& operator=(const StderrPipe&) = delete;

  void close_reader() {
    if (ends_[0] >= 0) {
      close(ends_[0]);
    }
    ends_[0] = -1;
  }
  std::string read_some() const {
    std::array<char, 65536> buffer{};
    const ssize_t got = read(ends_[0], buffer.data(), buffer.size());
    return {buffer.data(), static_cast<size_t>(got < 0 ? 0 : got)};
  }

 private:
  std::array<int, 2> ends_{};
  int before_;
};

TEST(Say, ALineIsOneLineThatATerminalOnlyShows) {
  StderrPipe out;
  say("lib\x1b]0;owned\x07.so\nrocmfix: forged", " \xe2\x80\xae\xff ", "\xc2\x9b", "", "ärger");
  EXPECT_EQ(out.read_some(),
            "rocmfix: lib\\x1b]0;owned\\x07.so\\x0arocmfix: forged \\u202e\\xff \\u009bärger\n");
}

TEST(Say, WhatIsTooLongIsTruncatedAndStillALine) {
  StderrPipe out;
  const std::string path(3 * PATH_MAX, 'x');
  say(path.c_str());
  const std::string line = out.read_some();
  EXPECT_EQ(line.size(), 2U * PATH_MAX);
  EXPECT_EQ(line.back(), '\n');
}

TEST(Say, AReaderThatHasGoneAwayDoesNotEndTheProgram) {
  StderrPipe out;
  out.close_reader();
  errno = EDOM;
  say("nobody reads this");  // SIGPIPE has its default here
  EXPECT_EQ(errno, EDOM);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(Say, AClosedStderrDoesNoHarm) {
  const int before = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  say("nobody reads this");
  dup2(before, STDERR_FILENO);
  close(before);
}

}  // namespace
}  // namespace rocmfix::hip
