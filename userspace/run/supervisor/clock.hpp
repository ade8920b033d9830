// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ctime>

namespace rocmfix::run {

/// Not CLOCK_BOOTTIME: while the machine is suspended nothing can happen.
inline std::uint64_t now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

}  // namespace rocmfix::run
