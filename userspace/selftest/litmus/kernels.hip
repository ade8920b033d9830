// SPDX-License-Identifier: MIT
// The GPU's half of the litmus test: one thread plays flag ping-pong with whoever has the other half,
// a CPU or another GPU. A round is: wait for the partner's flag, read the line of data that was
// written before it, write a line of one's own, raise one's own flag.
//
// Every wait ends: by the round's number, or by the clock, or by the number of polls where a clock
// stands still. A kernel that gives up says at which round, and what it saw.
#include <hip/hip_runtime.h>

#include "protocol.hpp"

using namespace rocmfix::litmus;

namespace {

// Of the whole system, CPU included. On gfx10: a load with glc and dlc, then buffer_gl0_inv and
// buffer_gl1_inv. Nothing in it goes round L2: what it sees is the mapping's doing.
__device__ uint32_t load_acquire(const uint32_t* at) {
  return __hip_atomic_load(at, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_SYSTEM);
}

__device__ void store_release(uint32_t* at, uint32_t value) {
  __hip_atomic_store(at, value, __ATOMIC_RELEASE, __HIP_MEMORY_SCOPE_SYSTEM);
}

__device__ bool wait_for(const uint32_t* flag, uint32_t round, const Limits& limits) {
  const uint64_t start = __builtin_amdgcn_s_memrealtime();
  for (uint64_t polls = 0; polls < limits.polls; ++polls) {
    if (load_acquire(flag) >= round) {
      return true;
    }
    if (__builtin_amdgcn_s_memrealtime() - start > limits.ticks) {
      return false;
    }
    __builtin_amdgcn_s_sleep(1);
  }
  return false;
}

}  // namespace

extern "C" __global__ void litmus_play(Side* theirs, Side* ours, Result* result, uint32_t rounds,
                                       uint32_t serves, Limits limits) {
  result->state = state_running;
  for (uint32_t round = 1; round <= rounds; ++round) {
    if (serves != 0) {
      for (uint32_t i = 0; i < data_words; ++i) {
        ours->data[i] = datum(round, i);
      }
      store_release(&ours->flag, round);
    }
    if (!wait_for(&theirs->flag, round, limits)) {
      result->round = round;
      result->seen = theirs->flag;
      store_release(&result->state, state_not_seen);
      return;
    }
    for (uint32_t i = 0; i < data_words; ++i) {
      const uint32_t seen = theirs->data[i];
      if (seen != datum(round, i)) {
        result->round = round;
        result->seen = seen;
        store_release(&result->state, state_old_data);
        return;
      }
    }
    if (serves == 0) {
      for (uint32_t i = 0; i < data_words; ++i) {
        ours->data[i] = datum(round, i);
      }
      store_release(&ours->flag, round);
    }
  }
  result->round = rounds;
  store_release(&result->state, state_done);
}
