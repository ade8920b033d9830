// SPDX-License-Identifier: MIT
// A seed that nobody has chosen.
#pragma once

#include <sys/random.h>

#include <cstdint>

namespace rocmfix {

// Not std::random_device: that of libstdc++ needs glibc 2.36, and the wheel is for 2.35.
inline std::uint64_t any_seed() {
  std::uint32_t seed = 0;
  // So few bytes are never interrupted.
  static_cast<void>(::getrandom(&seed, sizeof seed, 0));
  return seed;
}

}  // namespace rocmfix
