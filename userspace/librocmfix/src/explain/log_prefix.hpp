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

/// dmesg with seconds or human times, /dev/kmsg, journalctl's and syslog's formats; the names of
/// months and days may be in any language, they are not read.
LogTime time_of_line(std::string_view line);

/// The PCI address in "amdgpu 0000:03:00.0".
std::optional<std::string_view> gpu_of_line(std::string_view line);

}  // namespace rocmfix
