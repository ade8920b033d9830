// SPDX-License-Identifier: MIT
// Copies a log from one descriptor to another as it comes, and has it examined on the way.
//
// Every byte is written before it is examined, nothing is held back, and nothing that the reader of
// faults does can change or delay what passes. Both descriptors are shared with other programs:
// they may be non-blocking already, and are left as they are.
#pragma once

#include <string_view>

#include "rocmfix/error.hpp"
#include "rocmfix/fault_reader.hpp"
#include "rocmfix/settling.hpp"

namespace rocmfix::cli {

class LogPipe {
 public:
  LogPipe(int in, int out) : in_(in), out_(out) {}

  /// Until the end of the input. What the reader finds is handed out when it has settled, also
  /// while nobody reads the output; the rest by its finish(), which is the caller's. nullptr: it
  /// is only copied.
  /// Errors: io; those of check_log_format(), after all of it was copied.
  Result<void> copy(FaultReader* reader);
  /// What was written so far ends in the middle of a line.
  [[nodiscard]] bool within_line() const { return within_line_; }

 private:
  Result<void> write(std::string_view bytes);
  void examine(std::string_view bytes);
  /// False: not within that time.
  static bool wait_for(int fd, short events, int most_ms);
  [[nodiscard]] int wait_ms() const { return settling_.wait_ms(Settling::Clock::now()); }
  void settle_if_due();

  int in_;
  int out_;
  FaultReader* reader_ = nullptr;
  Settling settling_;
  bool within_line_ = false;
};

}  // namespace rocmfix::cli
