// SPDX-License-Identifier: MIT
// Operations between the lanes of a wave of 32, and atomic operations. What each must give is in
// tests/lanes.cpp and tests/atomics.cpp.
#include <hip/hip_runtime.h>

#include "shared.hpp"

using namespace rocmfix::selftest;

namespace {

constexpr int every_row = 0xf;
constexpr int every_bank = 0xf;

// What a lane gets from outside of its row is 0 (bound_ctrl).
template <int Control>
__device__ uint32_t dpp(uint32_t value) {
  return static_cast<uint32_t>(__builtin_amdgcn_update_dpp(0, static_cast<int>(value), Control, every_row,
                                                           every_bank, true));
}

template <int Mode>
__device__ uint32_t swizzle(uint32_t value) {
  return static_cast<uint32_t>(__builtin_amdgcn_ds_swizzle(static_cast<int>(value), Mode));
}

}  // namespace

extern "C" __global__ void selftest_lanes(const uint32_t* in, uint32_t* out) {
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t threads = gridDim.x * blockDim.x;
  const uint32_t lane = threadIdx.x % wave_size;
  const uint32_t value = in[thread];
  const int number = static_cast<int>(value);
  uint32_t* const own = out + thread;
  own[lane_swizzle_xor * threads] = swizzle<0x041f>(value);
  own[lane_swizzle_broadcast * threads] = swizzle<0x00a0>(value);
  own[lane_swizzle_quad * threads] = swizzle<0x801b>(value);
  own[lane_bpermute * threads] = static_cast<uint32_t>(
      __builtin_amdgcn_ds_bpermute(static_cast<int>((lane * 7 + 3) % wave_size * 4), number));
  own[lane_permute * threads] = static_cast<uint32_t>(
      __builtin_amdgcn_ds_permute(static_cast<int>((lane * 5 + 1) % wave_size * 4), number));
  own[lane_dpp_quad * threads] = dpp<0xb1>(value);
  own[lane_dpp_row_shift * threads] = dpp<0x111>(value);
  own[lane_dpp_row_rotate * threads] = dpp<0x123>(value);
  own[lane_dpp_row_mirror * threads] = dpp<0x140>(value);
  own[lane_dpp_half_mirror * threads] = dpp<0x141>(value);
  own[lane_dpp_row_share * threads] = dpp<0x155>(value);
  own[lane_dpp_row_xor * threads] = dpp<0x166>(value);
  own[lane_dpp8 * threads] = __builtin_amdgcn_mov_dpp8(value, 0x053977);
  own[lane_permlane16 * threads] =
      __builtin_amdgcn_permlane16(value, value, 0x89abcdefU, 0x01234567U, false, false);
  own[lane_permlanex16 * threads] =
      __builtin_amdgcn_permlanex16(value, value, 0x89abcdefU, 0x01234567U, false, false);
  own[lane_read_first * threads] = static_cast<uint32_t>(__builtin_amdgcn_readfirstlane(number));
  own[lane_read * threads] = static_cast<uint32_t>(__builtin_amdgcn_readlane(number, 9));
  own[lane_ballot * threads] = static_cast<uint32_t>(__ballot((value & 1U) != 0));
}

namespace {

template <int Scope, class Number>
__device__ void change(Number* cells, Number value) {
  __hip_atomic_fetch_add(&cells[atomic_add], value % 1000U, __ATOMIC_RELAXED, Scope);
  __hip_atomic_fetch_max(&cells[atomic_max], value, __ATOMIC_RELAXED, Scope);
  __hip_atomic_fetch_min(&cells[atomic_min], value, __ATOMIC_RELAXED, Scope);
  __hip_atomic_fetch_xor(&cells[atomic_xor], value, __ATOMIC_RELAXED, Scope);
  Number old = __hip_atomic_load(&cells[atomic_exchange_loop], __ATOMIC_RELAXED, Scope);
  while (!__hip_atomic_compare_exchange_strong(&cells[atomic_exchange_loop], &old, old + 3U,
                                               __ATOMIC_RELAXED, __ATOMIC_RELAXED, Scope)) {
  }
}

}  // namespace

extern "C" __global__ void selftest_atomics(uint32_t* cells, uint64_t* wide, uint32_t seed,
                                            uint32_t rounds) {
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  for (uint32_t round = 0; round < rounds; ++round) {
    const uint32_t value = mixed(seed ^ (thread * rounds + round));
    change<__HIP_MEMORY_SCOPE_AGENT>(cells, value);
    change<__HIP_MEMORY_SCOPE_AGENT>(wide, static_cast<uint64_t>(value) << 8U);
  }
}

// In LDS first, as a histogram is made.
extern "C" __global__ void selftest_lds_atomics(uint32_t* cells, uint32_t seed, uint32_t rounds) {
  __shared__ uint32_t own[atomic_cells];
  if (threadIdx.x < atomic_cells) {
    own[threadIdx.x] = threadIdx.x == atomic_min ? 0xffffffffU : 0;
  }
  __syncthreads();
  const uint32_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  for (uint32_t round = 0; round < rounds; ++round) {
    change<__HIP_MEMORY_SCOPE_WORKGROUP>(own, mixed(seed ^ (thread * rounds + round)));
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    __hip_atomic_fetch_add(&cells[atomic_add], own[atomic_add], __ATOMIC_RELAXED,
                           __HIP_MEMORY_SCOPE_AGENT);
    __hip_atomic_fetch_max(&cells[atomic_max], own[atomic_max], __ATOMIC_RELAXED,
                           __HIP_MEMORY_SCOPE_AGENT);
    __hip_atomic_fetch_min(&cells[atomic_min], own[atomic_min], __ATOMIC_RELAXED,
                           __HIP_MEMORY_SCOPE_AGENT);
    __hip_atomic_fetch_xor(&cells[atomic_xor], own[atomic_xor], __ATOMIC_RELAXED,
                           __HIP_MEMORY_SCOPE_AGENT);
    __hip_atomic_fetch_add(&cells[atomic_exchange_loop], own[atomic_exchange_loop], __ATOMIC_RELAXED,
                           __HIP_MEMORY_SCOPE_AGENT);
  }
}

// On the host's memory while a CPU changes it, too: what PCIe calls AtomicOps.
extern "C" __global__ void selftest_host_atomics(uint32_t* cell, uint32_t rounds) {
  for (uint32_t round = 0; round < rounds; ++round) {
    __hip_atomic_fetch_add(cell, 1U, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM);
  }
}
