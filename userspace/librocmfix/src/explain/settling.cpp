// SPDX-License-Identifier: MIT
#include "rocmfix/settling.hpp"

#include <algorithm>

namespace rocmfix {

void Settling::note(bool open, std::uint64_t incident_lines, Clock::time_point now) {
  if (open && !open_) {
    latest_ = now + longest;
  }
  if (open && (!open_ || incident_lines != lines_)) {
    end_ = std::min<Clock::time_point>(now + quiet, latest_);
  }
  open_ = open;
  lines_ = incident_lines;
}

int Settling::wait_ms(Clock::time_point now) const {
  if (!open_) {
    return -1;
  }
  // Rounded up: poll(2) must not return just before it is due.
  const auto left = std::chrono::ceil<Duration>(end_ - now);
  return static_cast<int>(std::clamp<Duration::rep>(left.count(), 0, longest.count()));
}

}  // namespace rocmfix
