// SPDX-License-Identifier: MIT
// Now, and who asks: cheap enough for every allocation.
#ifndef ROCMFIX_HIP_CLOCK_HPP
#define ROCMFIX_HIP_CLOCK_HPP

#include <cstdint>
#include <ctime>

namespace rocmfix::hip {

/// ns, of the clock that CLOCK_MONOTONIC is, as of the kernel's last tick: some 4 ms behind at
/// most, and several times cheaper. The ages in an incident are no finer.
inline uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

/// gettid(2), asked once a thread.
uint32_t thread_id();
/// In a forked child: the calling thread has another id now.
void forget_thread_id();

}  // namespace rocmfix::hip

#endif
