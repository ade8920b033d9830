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

const char* policy_name(CoherencePolicy policy) {
  switch (policy) {
    case CoherencePolicy::off:
      return "off";
    case CoherencePolicy::automatic:
      return "auto";
    case CoherencePolicy::data:
      return "data";
    case CoherencePolicy::all:
      return "all";
  }
  return "";
}

const char* reason_name(Reason reason) {
  switch (reason) {
    case Reason::asked:
      return "asked-for";
    case Reason::communicator:
      return "communication-library";
    case Reason::shared:
      return "shared-memory";
    case Reason::unknown_mapping:
      return "unknown-mapping";
    case Reason::several_gpus:
      return "several-gpus";
    case Reason::none:
    case Reason::policy:
    case Reason::not_data:
    case Reason::count:
      break;
  }
  return "";
}

Reason reason_to_keep(CoherencePolicy policy, Wish wish, const Circumstances& circumstances) {
  if (wish == Wish::none || wish == Wish::exempt) {
    return Reason::not_data;
  }
  if (policy == CoherencePolicy::off) {
    return Reason::policy;
  }
  if (policy == CoherencePolicy::all) {
    return Reason::none;
  }
  if (wish == Wish::coherent) {
    return Reason::asked;
  }
  if (policy == CoherencePolicy::data) {
    return Reason::none;
  }
  if (circumstances.communicator) {
    return Reason::communicator;
  }
  if (circumstances.sharing != Sharing::none) {
    return circumstances.sharing == Sharing::shared ? Reason::shared : Reason::unknown_mapping;
  }
  return circumstances.several_gpus ? Reason::several_gpus : Reason::none;
}

}  // namespace rocmfix::hip
