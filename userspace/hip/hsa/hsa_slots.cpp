// SPDX-License-Identifier: MIT
#include "hsa/hsa_slots.hpp"

#include <array>

namespace rocmfix::hip {

namespace {

// From `struct AmdExtTable` in hsa_api_trace.h at every release tag of ROCR-Runtime, 4.2 to 6.2, of
// Debian's 5.2.3, 6.1.2 and 6.4.3, and of rocm-systems. 16 bytes of version, then pointers.
// 5.6 put two functions after memory_async_copy and three before queue_cu_get_mask and did not
// count the major version up: 5.5 and 5.6 both say 1, and only the size tells them apart. So every
// size of major 1 is named. 2 has been appended to only, from 6.0 (552) to 6.4.3 (592) and beyond.
constexpr AmdExtSlots until_5_5 = {
    .pool_get_info = 104,
    .iterate_pools = 112,
    .pool_allocate = 120,
    .pool_free = 128,
    .allow_access = 152,
    .memory_lock = 176,
    .memory_unlock = 184,
    .register_event_handler = 288,
    .lock_to_pool = 336,
    .svm_attributes_set = 368,
    .vmem_handle_create = 0,
    .vmem_handle_release = 0,
    .vmem_map = 0,
    .vmem_unmap = 0,
};
constexpr AmdExtSlots since_5_6 = {
    .pool_get_info = 104,
    .iterate_pools = 112,
    .pool_allocate = 120,
    .pool_free = 128,
    .allow_access = 168,
    .memory_lock = 192,
    .memory_unlock = 200,
    .register_event_handler = 304,
    .lock_to_pool = 352,
    .svm_attributes_set = 384,
    .vmem_handle_create = 0,
    .vmem_handle_release = 0,
    .vmem_map = 0,
    .vmem_unmap = 0,
};
constexpr AmdExtSlots with_vmem(AmdExtSlots slots) {
  slots.vmem_handle_create = 472;
  slots.vmem_handle_release = 480;
  slots.vmem_map = 488;
  slots.vmem_unmap = 496;
  return slots;
}

constexpr std::array layouts = {
    AmdExtLayout{1, 392, false, "ROCr 4.3.0", until_5_5},
    AmdExtLayout{1, 400, false, "ROCr 4.5.0 (Debian 12: 5.2.3)", until_5_5},
    AmdExtLayout{1, 424, false, "ROCr 5.5.0", until_5_5},
    AmdExtLayout{1, 456, false, "ROCr 5.6.0", since_5_6},
    AmdExtLayout{2, 552, true, "ROCr 6.0.0 (Debian 13: 6.1.2, 560)", with_vmem(since_5_6)},
};

// CoreApiTable has had 1016 bytes and these offsets from ROCr 3.3 to 6.4.
constexpr CoreSlots core_slots = {.iterate_agents = 56, .agent_get_info = 64};
constexpr uint32_t core_size = 1016;

}  // namespace

std::span<const AmdExtLayout> amd_ext_layouts() {
  return layouts;
}

const AmdExtLayout* find_amd_ext_layout(const hsa::TableVersion& version) {
  for (const AmdExtLayout& layout : layouts) {
    if (layout.major_id == version.major_id &&
        (layout.size == version.minor_id ||
         (layout.and_larger && version.minor_id > layout.size && version.minor_id % 8 == 0))) {
      return &layout;
    }
  }
  return nullptr;
}

const CoreSlots* find_core_slots(const hsa::TableVersion& version) {
  const bool known = (version.major_id == 1 && version.minor_id == core_size) ||
                     (version.major_id == 2 && version.minor_id >= core_size);
  return known ? &core_slots : nullptr;
}

}  // namespace rocmfix::hip
