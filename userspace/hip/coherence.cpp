// SPDX-License-Identifier: MIT
#include "coherence.hpp"

namespace rocmfix::hip {

namespace {

Wish wish_of_device_flags(uint32_t flags) {
  switch (flags) {
    case hip_malloc_signal_memory:
      return Wish::exempt;
    case hip_device_malloc_finegrained:
    case hip_device_malloc_uncached:
    case hip_device_malloc_contiguous:
      return Wish::coherent;
    default:
      return Wish::data;
  }
}

}  // namespace

Wish wish_of(Api api, uint32_t flags) {
  switch (api) {
    case Api::none:
      return Wish::none;
    case Api::hipExtMallocWithFlags:
      return wish_of_device_flags(flags);
    case Api::hipHostMalloc:
    case Api::hipHostAlloc:
      return (flags & (hip_host_malloc_coherent | hip_host_malloc_uncached)) != 0 ? Wish::coherent
                                                                                  : Wish::data;
    case Api::hipHostRegister:
      if ((flags & hip_host_register_io_memory) != 0) {
        return Wish::exempt;
      }
      return (flags & hip_ext_host_register_uncached) != 0 ? Wish::coherent : Wish::data;
    default:
      return Wish::data;
  }
}

bool make_noncoherent(CoherencePolicy policy, Wish wish) {
  switch (policy) {
    case CoherencePolicy::off:
      return false;
    case CoherencePolicy::automatic:
      return wish == Wish::data;
    case CoherencePolicy::all:
      return wish == Wish::data || wish == Wish::coherent;
  }
  return false;
}

}  // namespace rocmfix::hip
