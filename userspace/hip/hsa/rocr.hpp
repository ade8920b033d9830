// SPDX-License-Identifier: MIT
// ROCr as the interposer uses it: the functions that stood in its tables before we came, and what
// its memory pools are for.
#ifndef ROCMFIX_HIP_ROCR_HPP
#define ROCMFIX_HIP_ROCR_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include "hsa/abi_hsa.hpp"
#include "hsa/hsa_slots.hpp"

namespace rocmfix::hip {

struct Rocr {
  hsa::IterateAgents iterate_agents = nullptr;
  hsa::AgentGetInfo agent_get_info = nullptr;
  hsa::PoolGetInfo pool_get_info = nullptr;
  hsa::IteratePools iterate_pools = nullptr;
  hsa::PoolAllocate pool_allocate = nullptr;
  hsa::PoolFree pool_free = nullptr;
  hsa::AllowAccess allow_access = nullptr;
  hsa::MemoryLock memory_lock = nullptr;
  hsa::MemoryUnlock memory_unlock = nullptr;
  hsa::LockToPool lock_to_pool = nullptr;
  hsa::SvmAttributesSet svm_attributes_set = nullptr;
  hsa::RegisterEventHandler register_event_handler = nullptr;
  hsa::VmemHandleCreate vmem_handle_create = nullptr;
  hsa::VmemHandleRelease vmem_handle_release = nullptr;
  hsa::VmemMap vmem_map = nullptr;
  hsa::VmemUnmap vmem_unmap = nullptr;
};

struct PoolUse {
  enum class Kind : uint8_t {
    other,      // kernarg, LDS, whatever comes: never touched
    vram,       // of `gpu`; `coarse` only where this pool is a coherent one
    host_fine,  // coherent system memory; `coarse` is the same without
    host_coarse,
  } kind = Kind::other;
  uint64_t handle = 0;
  uint64_t coarse = 0;  // 0: there is none
  uint8_t gpu = 0;
  bool fine = false;  // coherent
};

class Pools {
 public:
  static constexpr size_t capacity = 128;

  void clear() { count_ = 0; }
  bool add(const PoolUse& pool);
  /// Gives every coherent pool from `first` on the other among them: those of one agent.
  void pair_from(size_t first);
  [[nodiscard]] const PoolUse* find(uint64_t handle) const;
  /// Coarse system memory; 0: none.
  [[nodiscard]] uint64_t any_host_coarse() const;
  [[nodiscard]] size_t count() const { return count_; }

 private:
  std::array<PoolUse, capacity> pools_{};
  size_t count_ = 0;
};

/// Written once by OnLoad, before ROCr lets anyone else in; read-only after that.
extern Rocr rocr;
extern Pools pools;

/// Finds the GPUs and the pools of this process. False: something is not as it must be.
bool survey();

}  // namespace rocmfix::hip

#endif
