// SPDX-License-Identifier: MIT
// Can another process write this memory? Read in /proc/self/maps, whose format proc(5) fixes.
#ifndef ROCMFIX_HIP_SHARED_MAPPING_HPP
#define ROCMFIX_HIP_SHARED_MAPPING_HPP

#include <cstdint>

namespace rocmfix::hip {

enum class Sharing : uint8_t {
  none,     // every page is of a private mapping
  shared,   // some page is of a MAP_SHARED one: /dev/shm, System V, memfd, a file
  unknown,  // the list cannot be read, or has no mapping for some page
};

/// System calls only. `maps` is for the tests.
Sharing sharing_of(uint64_t address, uint64_t size, const char* maps = "/proc/self/maps");

}  // namespace rocmfix::hip

#endif
