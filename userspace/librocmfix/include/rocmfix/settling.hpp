// SPDX-License-Identifier: MIT
// When the incident in a log that is still being written is over: a while after its last line, even
// though other lines continue, as those of a service do.
#pragma once

#include <chrono>
#include <cstdint>

namespace rocmfix {

class Settling {
 public:
  using Clock = std::chrono::steady_clock;
  using Duration = std::chrono::milliseconds;

  /// A reset takes the GPU some seconds, and belongs to the fault before it.
  static constexpr Duration quiet{3000};
  /// One whose lines do not pause, as in a storm of faults, is cut after this.
  static constexpr Duration longest{30000};

  /// What FaultReader::open() and incident_lines() say after more of the log.
  void note(bool open, std::uint64_t incident_lines, Clock::time_point now);
  /// To be settled. False while nothing is open.
  [[nodiscard]] bool due(Clock::time_point now) const { return open_ && now >= end_; }
  /// Until then, for poll(2); -1: nothing is open.
  [[nodiscard]] int wait_ms(Clock::time_point now) const;

 private:
  bool open_ = false;
  std::uint64_t lines_ = 0;
  Clock::time_point latest_;  // when it is cut
  Clock::time_point end_;
};

}  // namespace rocmfix
