// SPDX-License-Identifier: MIT
#include "supervisor/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace rocmfix::run {

bool is_in_foreground(pid_t child) {
  const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  const pid_t foreground = tcgetpgrp(fd);
  close(fd);
  return foreground > 0 && (foreground == getpgrp() || foreground == getpgid(child));
}

Terminal::Terminal() {
  for (const int fd : {STDIN_FILENO, STDERR_FILENO, STDOUT_FILENO}) {
    termios modes{};
    if (tcgetattr(fd, &modes) == 0) {
      fd_ = fd;
      modes_ = modes;
      return;
    }
  }
}

void Terminal::restore(pid_t dead_group) const {
  if (!modes_) {
    return;
  }
  // SIGTTOU is blocked, so neither call stops us.
  const pid_t foreground = tcgetpgrp(fd_);
  if (foreground == dead_group && foreground != getpgrp()) {
    tcsetpgrp(fd_, getpgrp());
  } else if (foreground != getpgrp()) {
    return;
  }
  tcsetattr(fd_, TCSADRAIN, &*modes_);
}

}  // namespace rocmfix::run
