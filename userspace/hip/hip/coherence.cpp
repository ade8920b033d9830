// SPDX-License-Identifier: MIT
#include "hip/coherence.hpp"

namespace rocmfix::hip {

namespace {

MemoryKind kind_of_device_flags(uint32_t flags) {
  switch (flags) {
    case hip_malloc_signal_memory:
      return MemoryKind::exempt;
    case hip_device_malloc_finegrained:
    case hip_device_malloc_uncached:
    case hip_device_malloc_contiguous:
      return MemoryKind::coherent;
    default:
      return MemoryKind::data;
  }
}

}  // namespace

MemoryKind memory_kind_of(Api api, uint32_t flags) {
  switch (api) {
    case Api::none:
      return MemoryKind::none;
    case Api::hipExtMallocWithFlags:
      return kind_of_device_flags(flags);
    case Api::hipHostMalloc:
    case Api::hipHostAlloc:
      return (flags & (hip_host_malloc_coherent | hip_host_malloc_uncached)) != 0
                 ? MemoryKind::coherent
                 : MemoryKind::data;
    case Api::hipHostRegister:
      if ((flags & hip_host_register_io_memory) != 0) {
        return MemoryKind::exempt;
      }
      return (flags & hip_ext_host_register_uncached) != 0 ? MemoryKind::coherent
                                                           : MemoryKind::data;
    default:
      return MemoryKind::data;
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

Reason reason_to_keep(CoherencePolicy policy, MemoryKind kind, const CoherenceRequest& request) {
  if (kind == MemoryKind::none || kind == MemoryKind::exempt) {
    return Reason::not_data;
  }
  if (policy == CoherencePolicy::off) {
    return Reason::policy;
  }
  if (policy == CoherencePolicy::all) {
    return Reason::none;
  }
  if (kind == MemoryKind::coherent) {
    return Reason::asked;
  }
  if (policy == CoherencePolicy::data) {
    return Reason::none;
  }
  if (request.communicator) {
    return Reason::communicator;
  }
  if (request.sharing != Sharing::none) {
    return request.sharing == Sharing::shared ? Reason::shared : Reason::unknown_mapping;
  }
  return request.several_gpus ? Reason::several_gpus : Reason::none;
}

}  // namespace rocmfix::hip
