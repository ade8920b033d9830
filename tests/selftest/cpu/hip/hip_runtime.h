// SPDX-License-Identifier: MIT
// For the kernels as a CPU runs them: the words of the HIP language that they use. A workgroup's threads
// are fibres that take turns at every barrier and at every operation between lanes (execution.cpp), so
// that all of them are at the same one.
#pragma once

#include <stdint.h>

#define __global__
#define __device__
#define __shared__ static  // one workgroup runs at a time
#define __HIP_MEMORY_SCOPE_WORKGROUP 3
#define __HIP_MEMORY_SCOPE_AGENT 4
#define __HIP_MEMORY_SCOPE_SYSTEM 5

namespace cpu {

struct Index {
  unsigned x;
};
extern thread_local Index thread_index, block_index, block_size, grid_size;

/// Every thread of the workgroup gets here before any goes on.
void barrier();
/// What each lane of this thread's wave has given.
const uint32_t* exchange(uint32_t value);
/// Of the wave.
uint32_t lane();
/// ROCMFIX_CPU_HIP is this word: what goes wrong (runtime.cpp).
bool wrong(const char* what);
/// True for every `n`th call.
bool every(unsigned n);

uint32_t load_flag(const uint32_t* at);
void store_flag(uint32_t* at, uint32_t value);
uint64_t ticks();
void pause();

template <class Number>
Number load(const Number* at) {
  if constexpr (sizeof(Number) == sizeof(uint32_t)) {
    return load_flag(at);
  } else {
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
  }
}

/// An atomic operation that is done without being atomic is lost, as far as others can see.
bool loses_atomic();

template <class Number, class Change>
Number change(Number* at, Change new_value) {
  Number old = __atomic_load_n(at, __ATOMIC_RELAXED);
  if (loses_atomic()) {
    return old;
  }
  while (!__atomic_compare_exchange_n(at, &old, new_value(old), false, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
  return old;
}

template <class Number>
bool exchange_if(Number* at, Number* old, Number value) {
  return loses_atomic() || __atomic_compare_exchange_n(at, old, value, false, __ATOMIC_RELAXED,
                                                       __ATOMIC_RELAXED);
}

inline uint32_t from_lane(uint32_t value, uint32_t other) {
  return exchange(value)[other % 32];
}

/// The bit mode: and, or, xor on the number of the lane; the quad mode: two bits a lane.
inline int swizzle(int value, unsigned mode) {
  const uint32_t own = lane();
  const uint32_t other = (mode & 0x8000U) != 0
                             ? (own & ~3U) | (mode >> own % 4 * 2 & 3U)
                             : ((own & (mode & 31U)) | (mode >> 5U & 31U)) ^ (mode >> 10U & 31U);
  return static_cast<int>(from_lane(static_cast<uint32_t>(value), other));
}

inline int permute(int address, int value) {
  const uint32_t to = static_cast<uint32_t>(address) / 4 % 32;
  const uint32_t* const targets = exchange(to);
  uint32_t from = 0;
  while (targets[from] != lane()) {
    ++from;
  }
  return static_cast<int>(from_lane(static_cast<uint32_t>(value), from));
}

inline int dpp(int value, unsigned control) {
  const uint32_t own = lane();
  const uint32_t row = own & ~15U;
  const uint32_t column = own % 16;
  const uint32_t by = control & 15U;
  uint32_t other = 0;
  bool outside = false;
  switch (control >> 4U) {
    case 0x11:
      outside = column < by;
      other = own - by;
      break;
    case 0x12:
      other = row + (column + 16 - by) % 16;
      break;
    case 0x14:
      other = by == 0 ? row + 15 - column : (own & ~7U) + 7 - own % 8;
      break;
    case 0x15:
      other = row + by + (wrong("wrong-lane") ? 1 : 0);
      break;
    case 0x16:
      other = own ^ by;
      break;
    default:
      other = (own & ~3U) | (control >> own % 4 * 2 & 3U);
  }
  const uint32_t got = from_lane(static_cast<uint32_t>(value), other);
  return outside ? 0 : static_cast<int>(got);
}

inline uint32_t dpp8(uint32_t value, uint32_t selects) {
  return from_lane(value, (lane() & ~7U) | (selects >> lane() % 8 * 3 & 7U));
}

inline uint32_t permlane(uint32_t value, uint32_t low, uint32_t high, uint32_t other_row) {
  const uint32_t own = lane();
  const uint32_t nibble = (own % 16 < 8 ? low : high) >> own % 8 * 4 & 15U;
  return from_lane(value, ((own & ~15U) ^ other_row) + nibble);
}

inline uint64_t ballot(bool value) {
  const uint32_t* const all = exchange(value ? 1 : 0);
  uint64_t mask = 0;
  for (uint32_t i = 0; i < 32; ++i) {
    mask |= static_cast<uint64_t>(all[i]) << i;
  }
  return mask;
}

inline int dot4(int a, int b, int sum) {
  for (unsigned byte = 0; byte < 4; ++byte) {
    sum += static_cast<int8_t>(a >> 8 * byte) * static_cast<int8_t>(b >> 8 * byte);
  }
  return wrong("wrong-dot") && every(1000) ? sum + 1 : sum;
}

inline float fma(float a, float b, float c) {
  const float right = __builtin_fmaf(a, b, c);
  return wrong("wrong-float") && every(1000) ? __builtin_nextafterf(right, 1e30F) : right;
}

inline double fma_double(double a, double b, double c) {
  const double right = __builtin_fma(a, b, c);
  return wrong("wrong-double") && every(1000) ? __builtin_nextafter(right, 1e300) : right;
}

inline uint32_t reverse(uint32_t x) {
  uint32_t result = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    result |= (x >> bit & 1U) << (31 - bit);
  }
  return wrong("wrong-integer") && every(1000) ? result ^ 1U : result;
}

}  // namespace cpu

#define threadIdx cpu::thread_index
#define blockIdx cpu::block_index
#define blockDim cpu::block_size
#define gridDim cpu::grid_size
#define __syncthreads() cpu::barrier()
#define __ballot(value) cpu::ballot(value)

#define __hip_atomic_load(at, order, scope) cpu::load(at)
#define __hip_atomic_store(at, value, order, scope) cpu::store_flag(at, value)
#define __hip_atomic_fetch_add(at, by, order, scope) \
  cpu::change(at, [&](auto old) { return static_cast<decltype(old)>(old + (by)); })
#define __hip_atomic_fetch_max(at, by, order, scope) \
  cpu::change(at, [&](auto old) { return old < (by) ? (by) : old; })
#define __hip_atomic_fetch_min(at, by, order, scope) \
  cpu::change(at, [&](auto old) { return (by) < old ? (by) : old; })
#define __hip_atomic_fetch_xor(at, by, order, scope) \
  cpu::change(at, [&](auto old) { return static_cast<decltype(old)>(old ^ (by)); })
#define __hip_atomic_compare_exchange_strong(at, old, value, order, failed, scope) \
  cpu::exchange_if(at, old, value)

#define __builtin_amdgcn_s_memrealtime() cpu::ticks()
#define __builtin_amdgcn_s_sleep(time) cpu::pause()
#define __builtin_amdgcn_ds_swizzle(value, mode) cpu::swizzle(value, mode)
#define __builtin_amdgcn_ds_bpermute(address, value) \
  static_cast<int>(cpu::from_lane(static_cast<uint32_t>(value), static_cast<uint32_t>(address) / 4))
#define __builtin_amdgcn_ds_permute(address, value) cpu::permute(address, value)
#define __builtin_amdgcn_update_dpp(old, value, control, rows, banks, bound) \
  cpu::dpp(value, control)
#define __builtin_amdgcn_mov_dpp8(value, selects) cpu::dpp8(value, selects)
#define __builtin_amdgcn_permlane16(old, value, low, high, fetch, bound) \
  cpu::permlane(value, low, high, 0)
#define __builtin_amdgcn_permlanex16(old, value, low, high, fetch, bound) \
  cpu::permlane(value, low, high, 16)
#define __builtin_amdgcn_readfirstlane(value) \
  static_cast<int>(cpu::from_lane(static_cast<uint32_t>(value), 0))
#define __builtin_amdgcn_readlane(value, lane) \
  static_cast<int>(cpu::from_lane(static_cast<uint32_t>(value), lane))
#define __builtin_amdgcn_sdot4(a, b, sum, clamp) cpu::dot4(a, b, sum)

#ifdef ROCMFIX_CPU_HIP_KERNELS
#define __builtin_fmaf(a, b, c) cpu::fma(a, b, c)
#define __builtin_fma(a, b, c) cpu::fma_double(a, b, c)
#define __builtin_bitreverse32(x) cpu::reverse(x)
// Exact in a double for the halves that the test gives, and then rounded once.
#define __builtin_fmaf16(a, b, c)                                                               \
  static_cast<_Float16>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c) + \
                        (cpu::wrong("wrong-half") && cpu::every(1000) ? 0.25 : 0))
#endif
