// SPDX-License-Identifier: MIT
// Memory: write a pattern, read it back, copy. Every thread takes words that lie a grid apart, so that
// neighbours access one line together.
#include <hip/hip_runtime.h>

#include "shared.hpp"

using namespace rocmfix::selftest;

namespace {

__device__ uint64_t first_word() {
  return static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__device__ uint64_t stride() {
  return static_cast<uint64_t>(gridDim.x) * blockDim.x;
}

__device__ void note(Mismatch* found, uint64_t index, uint32_t expected, uint32_t seen) {
  if (__hip_atomic_fetch_add(&found->count, 1U, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT) == 0) {
    found->index = index;
    found->expected = expected;
    found->seen = seen;
  }
}

}  // namespace

extern "C" __global__ void selftest_fill(uint32_t* at, uint64_t words, uint32_t pattern, uint32_t seed) {
  for (uint64_t i = first_word(); i < words; i += stride()) {
    at[i] = word_of(pattern, seed, i);
  }
}

extern "C" __global__ void selftest_verify(const uint32_t* at, uint64_t words, uint32_t pattern,
                                           uint32_t seed, Mismatch* found) {
  uint32_t done = 0;
  for (uint64_t i = first_word(); i < words; i += stride()) {
    const uint32_t expected = word_of(pattern, seed, i);
    const uint32_t seen = at[i];
    ++done;
    if (seen != expected) {
      note(found, i, expected, seen);
    }
  }
  __hip_atomic_fetch_add(&found->done, done, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

extern "C" __global__ void selftest_copy(const uint32_t* from, uint32_t* to, uint64_t words) {
  for (uint64_t i = first_word(); i < words; i += stride()) {
    to[i] = from[i];
  }
}

// All of a workgroup's share of LDS, written by one thread and read by another.
extern "C" __global__ void selftest_lds(uint32_t seed, uint32_t rounds, Mismatch* found) {
  constexpr uint32_t words = 8192;  // 32 KiB: two workgroups a CU
  __shared__ uint32_t shared[words];
  uint32_t done = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    for (uint32_t i = threadIdx.x; i < words; i += group_size) {
      shared[i] = word_of(round % pattern_count, seed + blockIdx.x, i);
    }
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < words; i += group_size) {
      // An odd factor: every word once, and the lanes' banks differ from those of the writing.
      const uint32_t other = (i * 1031U + round) % words;
      const uint32_t expected = word_of(round % pattern_count, seed + blockIdx.x, other);
      ++done;
      if (shared[other] != expected) {
        note(found, other, expected, shared[other]);
      }
    }
    __syncthreads();
  }
  __hip_atomic_fetch_add(&found->done, done, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

// Private memory: an array with indices that the compiler does not know.
extern "C" __global__ void selftest_scratch(uint32_t seed, Mismatch* found) {
  constexpr uint32_t words = 64;
  uint32_t own[words];
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  for (uint32_t i = 0; i < words; ++i) {
    own[(i * 37U + seed) % words] = mixed(seed ^ thread) + i;
  }
  for (uint32_t i = 0; i < words; ++i) {
    const uint32_t at = (i * 37U + seed) % words;
    if (own[at] != mixed(seed ^ thread) + i) {
      note(found, thread, mixed(seed ^ thread) + i, own[at]);
    }
  }
  __hip_atomic_fetch_add(&found->done, words, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

// On purpose: one access to what may not be accessed. `done` is set only after it.
extern "C" __global__ void selftest_read_at(const uint32_t* at, uint32_t* done) {
  const uint32_t value = *static_cast<const volatile uint32_t*>(at);
  done[1] = value;
  done[0] = 1;
}

extern "C" __global__ void selftest_write_at(uint32_t* at, uint32_t* done) {
  *static_cast<volatile uint32_t*>(at) = 1;
  done[0] = 1;
}
