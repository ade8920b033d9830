// SPDX-License-Identifier: MIT
// Which allocations become non-coherent: the policy alone, without a runtime.
#ifndef ROCMFIX_HIP_COHERENCE_HPP
#define ROCMFIX_HIP_COHERENCE_HPP

#include <cstdint>

#include "hip/apis.hpp"
#include "hip/shared_mapping.hpp"

namespace rocmfix::hip {

enum class CoherencePolicy : uint8_t {
  off,
  automatic,  // data, unless a kernel may have to see what somebody else writes while it runs
  data,       // all data, unless the program explicitly asked for coherence
  all,        // also where it asked
};

/// "off", "auto", "data", "all".
const char* policy_name(CoherencePolicy policy);

/// What the program's call says of coherence.
enum class MemoryKind : uint8_t {
  none,      // no HIP allocation is under way: ROCr's or HIP's own block
  data,      // memory for data, of whatever coherence
  coherent,  // data, and it must be coherent
  exempt,    // not data: signals, device registers, memory of other processes
};

/// What a HIP allocation with these flags wishes.
MemoryKind memory_kind_of(Api api, uint32_t flags);

/// Who asks, and for what. Looked up for `automatic` only: it costs something.
struct CoherenceRequest {
  bool communicator = false;        // the caller is a communication library
  Sharing sharing = Sharing::none;  // of memory that is registered
  bool several_gpus = false;        // in this process
};

/// Why coherent memory of a program's call stays so; in the order in which they count.
enum class Reason : uint8_t {
  none,  // it becomes non-coherent
  policy,
  not_data,
  asked,
  communicator,
  shared,
  unknown_mapping,
  several_gpus,
  count,
};

/// As an incident names it: "communication-library". "" for none, policy and not_data, which are
/// not counted.
const char* reason_name(Reason reason);

Reason reason_to_keep(CoherencePolicy policy, MemoryKind kind, const CoherenceRequest& request);

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
