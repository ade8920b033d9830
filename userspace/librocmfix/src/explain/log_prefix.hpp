// SPDX-License-Identifier: MIT
// One line of a log: what precedes the message (when it was written, about which GPU).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rocmfix {

/// Two times can be compared when they are by the same clock.
enum class LogClock { none, kernel, wall };

struct LogTime {
  LogClock clock = LogClock::none;
  double seconds = 0;  ///< since boot, or since the beginning of some month
  std::string text;    ///< as the log writes it; empty: none
};

/// The times of `dmesg -H`: the minute where a new one begins, "[Nov23 01:50]", and on the lines
/// after it what has passed since the line before, "[  +0.000123]". Needs every line of such a log.
class RelativeTimes {
 public:
  /// False as soon as the log does not look like one.
  [[nodiscard]] bool wants_lines() const { return found_ || examined_ < most_examined; }
  void line(std::string_view begin);
  /// Of the line given last; nullopt: it has no such time.
  [[nodiscard]] std::optional<LogTime> now() const;

 private:
  static constexpr unsigned most_examined = 1000;

  unsigned examined_ = 0;
  bool found_ = false;
  bool has_time_ = false;    // the line given last
  std::string minute_;       // as the log writes it; empty: its beginning is missing
  double minute_begin_ = 0;  // seconds since the beginning of some month
  double passed_ = 0;        // since then
  std::string difference_;
};

/// dmesg with seconds or human times, /dev/kmsg, journalctl's and syslog's formats; the names of
/// months and days may be in any language, they are not read.
LogTime time_of_line(std::string_view line);

/// The PCI address in "amdgpu 0000:03:00.0".
std::optional<std::string_view> gpu_of_line(std::string_view line);

}  // namespace rocmfix
