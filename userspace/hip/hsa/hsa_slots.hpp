// SPDX-License-Identifier: MIT
// Where the functions that the interposer calls and replaces stand in ROCr's tables, release by
// release. Refuses what it does not know: a table of another size or version is never touched.
#ifndef ROCMFIX_HIP_HSA_SLOTS_HPP
#define ROCMFIX_HIP_HSA_SLOTS_HPP

#include <cstdint>
#include <span>

#include "hsa/abi_hsa.hpp"

namespace rocmfix::hip {

/// Byte offsets in CoreApiTable.
struct CoreSlots {
  uint16_t iterate_agents;
  uint16_t agent_get_info;
};

/// Byte offsets in AmdExtTable; 0: this release does not have it.
struct AmdExtSlots {
  uint16_t pool_get_info;
  uint16_t iterate_pools;
  uint16_t pool_allocate;
  uint16_t pool_free;
  uint16_t allow_access;
  uint16_t memory_lock;
  uint16_t memory_unlock;
  uint16_t register_event_handler;
  uint16_t lock_to_pool;
  uint16_t svm_attributes_set;
  uint16_t vmem_handle_create;
  uint16_t vmem_handle_release;
  uint16_t vmem_map;
  uint16_t vmem_unmap;
};

/// One known layout of AmdExtTable.
struct AmdExtLayout {
  uint32_t major_id;
  uint32_t size;       // version.minor_id
  bool and_larger;     // later releases of this major_id only append
  const char* source;  // the first release that has it
  AmdExtSlots slots;
};

std::span<const AmdExtLayout> amd_ext_layouts();

/// nullptr: unknown, leave it alone.
const AmdExtLayout* find_amd_ext_layout(const hsa::TableVersion& version);
const CoreSlots* find_core_slots(const hsa::TableVersion& version);

}  // namespace rocmfix::hip

#endif
