// SPDX-License-Identifier: MIT
// What both halves of the litmus test agree on. Included by g++ and by the HIP compiler.
#ifndef ROCMFIX_LITMUS_PROTOCOL_HPP
#define ROCMFIX_LITMUS_PROTOCOL_HPP

#include <stdint.h>

namespace rocmfix::litmus {

// The largest line of any cache between the two: L2's of GFX10 is 128 bytes.
constexpr uint32_t line = 128;
constexpr uint32_t data_words = line / sizeof(uint32_t);

/// What one player writes and the other reads; flag and data in lines of their own.
struct alignas(line) Side {
  uint32_t flag;
  uint32_t padding[data_words - 1];
  uint32_t data[data_words];
};

/// The shared memory: the host's side, the GPU's side.
struct Board {
  Side host;
  Side gpu;
};

enum State : uint32_t {
  state_idle,
  state_running,
  state_done,
  state_not_seen,  // the partner's flag did not come in time
  state_old_data,  // the flag came, and the data before it had not
};

/// In memory that is always coherent: hipHostMallocCoherent.
struct Result {
  uint32_t state;
  uint32_t round;
  uint32_t seen;
};

/// Of one wait.
struct Limits {
  uint64_t ticks;  // of s_memrealtime, 100 MHz on GFX10
  uint64_t polls;
};

#ifdef __HIP__
__host__ __device__
#endif
    constexpr uint32_t
    datum(uint32_t round, uint32_t word) {
  return round * 2654435761U + word;
}

}  // namespace rocmfix::litmus

#endif
