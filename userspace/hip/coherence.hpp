// SPDX-License-Identifier: MIT
// Which allocations become non-coherent: the policy alone, without a runtime.
#ifndef ROCMFIX_HIP_COHERENCE_HPP
#define ROCMFIX_HIP_COHERENCE_HPP

#include <cstdint>

#include "apis.hpp"

namespace rocmfix::hip {

enum class CoherencePolicy : uint8_t {
  off,
  automatic,  // data becomes non-coherent, unless the program asked for coherence in so many words
  all,        // also where it asked
};

/// What the program's call says of coherence.
enum class Wish : uint8_t {
  none,      // no HIP allocation is under way: ROCr's or HIP's own block
  data,      // memory for data, of whatever coherence
  coherent,  // data, and it must be coherent
  exempt,    // not data: signals, device registers, memory of other processes
};

/// What a HIP allocation with these flags wishes.
Wish wish_of(Api api, uint32_t flags);

bool make_noncoherent(CoherencePolicy policy, Wish wish);

// hip_runtime_api.h; the same in every release from 5.2 to 7.1.
inline constexpr uint32_t hip_host_malloc_uncached = 0x10000000;
inline constexpr uint32_t hip_host_malloc_coherent = 0x40000000;
inline constexpr uint32_t hip_host_malloc_noncoherent = 0x80000000;
inline constexpr uint32_t hip_host_register_io_memory = 0x4;
inline constexpr uint32_t hip_ext_host_register_uncached = 0x80000000;
inline constexpr uint32_t hip_device_malloc_finegrained = 1;
inline constexpr uint32_t hip_malloc_signal_memory = 2;
inline constexpr uint32_t hip_device_malloc_uncached = 3;
inline constexpr uint32_t hip_device_malloc_contiguous = 4;
inline constexpr int hip_mem_advise_set_coarse_grain = 100;
inline constexpr int hip_mem_advise_unset_coarse_grain = 101;

}  // namespace rocmfix::hip

#endif
