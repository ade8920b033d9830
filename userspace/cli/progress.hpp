// SPDX-License-Identifier: MIT
// Which slow check is being made: on a terminal only, and taken away again.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include "rocmfix/doctor.hpp"
#include "rocmfix/standard_streams.hpp"

namespace rocmfix::cli {

class Progress {
 public:
  void operator()(const CheckText& check) {
    if (::isatty(STDERR_FILENO) != 0) {
      write_stderr(fmt::format("\r\033[K{}: {} ...", check.id, check.title));
      shown_ = true;
    }
  }
  void end() const {
    if (shown_) {
      write_stderr("\r\033[K");
    }
  }

 private:
  bool shown_ = false;
};

}  // namespace rocmfix::cli
