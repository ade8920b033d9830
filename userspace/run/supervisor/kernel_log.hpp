// SPDX-License-Identifier: MIT
// What the kernel has logged since the command was started: from /dev/kmsg where it may be read,
// else from the journal where it may be, else nothing. Never required.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"
#include "supervisor/signals.hpp"

namespace rocmfix::run {

enum class LogSource : std::uint8_t { none, kmsg, journal };

class KernelLog {
 public:
  /// From here on. A captured root has the records of its /dev/kmsg in an ordinary file, and no
  /// journal.
  explicit KernelLog(const Root& root);
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;
  ~KernelLog();

  /// Lines since the last call, those that may be about a GPU or about memory running out. The
  /// journal is asked only if `thorough`: that is a process of its own, for which nobody waits who
  /// was told to stop.
  std::vector<std::string> take(const SignalQueue& signals, bool thorough);
  /// The new ones of them while the command runs; the next take() has them, too.
  std::vector<std::string> look(const SignalQueue& signals, bool thorough);
  /// Where the last take() had them from.
  [[nodiscard]] LogSource source() const { return source_; }

 private:
  std::vector<std::string> take_new(const SignalQueue& signals, bool thorough);
  [[nodiscard]] std::vector<std::string> take_records() const;
  std::vector<std::string> take_journal(const SignalQueue& signals);

  int fd_ = -1;
  bool has_journal_ = false;
  std::int64_t since_us_ = 0;  ///< CLOCK_REALTIME
  LogSource source_ = LogSource::none;
  std::vector<std::string> seen_;
};

}  // namespace rocmfix::run
