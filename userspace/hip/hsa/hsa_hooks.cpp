// SPDX-License-Identifier: MIT
#include "hsa/hsa_hooks.hpp"

#include <cstring>

#include "clock.hpp"
#include "hip/host_coherence.hpp"
#include "hip/intent.hpp"
#include "hsa/rocr.hpp"
#include "hsa/vram_figures.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

namespace {

constexpr uint64_t page = 4096;

uint64_t in_pages(uint64_t size) {
  return (size + page - 1) / page * page;
}

template <class Function>
Function read_slot(const char* table, uint16_t offset) {
  Function function = nullptr;
  if (offset != 0) {
    memcpy(&function, table + offset, sizeof function);
  }
  return function;
}

template <class Function>
void write_slot(char* table, uint16_t offset, Function function) {
  if (offset != 0) {
    memcpy(table + offset, &function, sizeof function);
  }
}

/// The block that the program asked for, and not one that the runtime makes on the way: of host
/// memory HIP asks ROCr for exactly the size that it was asked for.
bool is_what_was_asked_for(uint64_t size) {
  return intent.kind != MemoryKind::none && size >= intent.size && size <= in_pages(intent.size);
}

/// Of a block that would be coherent. `address` 0: it does not exist yet.
Verdict judge_asked(uint64_t address, uint64_t size) {
  return is_what_was_asked_for(size) ? judge(address, size) : Verdict{};
}

/// Where it is clear already that this is what the program's call is about, the block is the
/// program's from the beginning, and the call has nothing to add. `block` is changed to that.
void record(Block& block) {
  const bool final = intent.kind != MemoryKind::none && intent.size == block.size &&
                     intent.recorded == 0 && block.owner == Owner::hsa;
  if (final) {
    block.api = intent.api;
    block.flags = intent.flags;
    block.of_program = true;
    intent.recorded = block.address;
  }
  if (!layer.ledger.insert(block)) {
    give_up("no memory for the list of allocations");
  }
}

Block block_of_rocr(uint64_t address, uint64_t size, Api api, Place place) {
  Block block;
  block.address = address;
  block.size = size;
  block.time = call_time();
  block.thread = thread_id();
  block.api = api;
  block.place = place;
  block.owner = Owner::hsa;
  return block;
}

/// ROCMFIX_OOM=host: system memory that every GPU can reach, in place of VRAM.
hsa::Status allocate_on_host(uint64_t size, void** out) {
  const hsa::Pool pool{pools.any_host_coarse()};
  if (pool.handle == 0) {
    return hsa::out_of_resources;
  }
  const hsa::Status status = rocr.pool_allocate(pool, size, 0, out);
  if (status != hsa::success) {
    return status;
  }
  std::array<hsa::Agent, max_gpus> agents{};
  for (size_t i = 0; i < layer.gpu_count; ++i) {
    agents[i] = layer.gpus[i].agent;
  }
  const hsa::Status allowed =
      rocr.allow_access(static_cast<uint32_t>(layer.gpu_count), agents.data(), nullptr, *out);
  if (allowed != hsa::success) {
    rocr.pool_free(*out);
    *out = nullptr;
    return allowed;
  }
  if (layer.given_on_host.fetch_add(1, std::memory_order_relaxed) == 0) {
    say("VRAM is exhausted: an allocation is placed in system memory (ROCMFIX_OOM=host), which "
        "the GPU reaches over PCIe only, many times slower");
  }
  return hsa::success;
}

/// False: refused.
bool charge(VramBudget& budget, uint64_t bytes) {
  if (intent.kind != MemoryKind::none) {
    return budget.charge(bytes);
  }
  if (is_strict()) {
    return budget.charge_unannounced(bytes);
  }
  budget.charge_anyway(bytes);
  return true;
}

hsa::Status allocate_vram(const PoolUse& use, hsa::Pool pool, size_t size, uint32_t flags,
                          void** out) {
  VramBudget& budget = layer.budgets[use.gpu];
  const bool of_program = intent.kind != MemoryKind::none;
  const bool may_move = of_program && intent.kind == MemoryKind::data && flags == 0 &&
                        layer.settings.out_of_memory == OutOfMemory::host &&
                        layer.gpus[use.gpu].supported;
  const uint64_t charged = in_pages(size);
  const bool within = charge(budget, charged);
  // Coherent VRAM is asked for explicitly only: this is the policy `all`.
  const Verdict verdict = use.coarse != 0 ? judge_asked(0, size) : Verdict{};
  const bool change = verdict.change();
  hsa::Status status = hsa::out_of_resources;
  if (within) {
    status = rocr.pool_allocate(change ? hsa::Pool{use.coarse} : pool, size, flags, out);
    if (status != hsa::success) {
      budget.refund(charged);
    }
  }
  bool on_host = false;
  if (status == hsa::out_of_resources && may_move) {
    status = allocate_on_host(size, out);
    on_host = true;
  }
  if (status == hsa::success) {
    Block block =
        block_of_rocr(reinterpret_cast<uint64_t>(*out), size, Api::hsa_amd_memory_pool_allocate,
                      on_host ? Place::host : Place::vram);
    block.charged = on_host ? 0 : charged;
    block.device = use.gpu;
    block.on_host = on_host;
    block.made_noncoherent = change && !on_host;
    record(block);
    if (!on_host) {
      count(verdict);
    }
    if (of_program && size > intent.largest_size) {
      intent.largest = block.address;
      intent.largest_size = size;
    }
  }
  return status;
}

hsa::Status pool_allocate(hsa::Pool pool, size_t size, uint32_t flags, void** out) {
  const PoolUse* use = layer.active() ? pools.find(pool.handle) : nullptr;
  if (use == nullptr || out == nullptr || use->kind == PoolUse::Kind::other) {
    return rocr.pool_allocate(pool, size, flags, out);
  }
  if (use->kind == PoolUse::Kind::vram) {
    return allocate_vram(*use, pool, size, flags, out);
  }
  // With flags it is for code or for another device: not data.
  const bool judged = use->kind == PoolUse::Kind::host_fine && use->coarse != 0 && flags == 0;
  const Verdict verdict = judged ? judge_asked(0, size) : Verdict{};
  const bool change = verdict.change();
  const hsa::Status status =
      rocr.pool_allocate(change ? hsa::Pool{use->coarse} : pool, size, flags, out);
  if (status == hsa::success) {
    Block block = block_of_rocr(reinterpret_cast<uint64_t>(*out), size,
                                Api::hsa_amd_memory_pool_allocate, Place::host);
    block.made_noncoherent = change;
    record(block);
    count(verdict);
  }
  return status;
}

/// Before the real free: after it, the address may be another thread's.
Block forget(uint64_t address, Api by) {
  Block block;
  if (layer.active()) {
    layer.ledger.erase(address, call_time(), thread_id(), intent.api == Api::none ? by : intent.api,
                       &block);
  }
  return block;
}

hsa::Status pool_free(void* address) {
  const Block block = forget(reinterpret_cast<uint64_t>(address), Api::none);
  const hsa::Status status = rocr.pool_free(address);
  if (block.address != 0) {
    if (status == hsa::success) {
      layer.budgets[block.device].refund(block.charged);
    } else {
      layer.ledger.insert(block);
    }
  }
  return status;
}

void record_lock(void* host, size_t size, void* const* gpu, Api api, const Verdict& verdict) {
  Block block = block_of_rocr(reinterpret_cast<uint64_t>(host), size, api, Place::registered);
  block.made_noncoherent = verdict.change();
  const auto alias = gpu == nullptr ? block.address : reinterpret_cast<uint64_t>(*gpu);
  if (alias != block.address) {
    block.alias = alias;
  }
  Block second = block;
  second.address = alias;
  second.alias = 0;
  record(block);
  if (block.alias != 0) {
    record(second);
  }
  count(verdict);
}

hsa::Status lock_to_pool(void* host, size_t size, hsa::Agent* agents, int agent_count,
                         hsa::Pool pool, uint32_t flags, void** gpu) {
  if (!layer.active()) {
    return rocr.lock_to_pool(host, size, agents, agent_count, pool, flags, gpu);
  }
  const PoolUse* use = pools.find(pool.handle);
  const bool judged =
      use != nullptr && use->kind == PoolUse::Kind::host_fine && use->coarse != 0 && flags == 0;
  const Verdict verdict = judged ? judge_asked(reinterpret_cast<uint64_t>(host), size) : Verdict{};
  const hsa::Status status =
      rocr.lock_to_pool(host, size, agents, agent_count,
                        verdict.change() ? hsa::Pool{use->coarse} : pool, flags, gpu);
  if (status == hsa::success) {
    record_lock(host, size, gpu, Api::hsa_amd_memory_lock_to_pool, verdict);
  }
  return status;
}

hsa::Status memory_lock(void* host, size_t size, hsa::Agent* agents, int agent_count, void** gpu) {
  if (!layer.active()) {
    return rocr.memory_lock(host, size, agents, agent_count, gpu);
  }
  // Without a pool ROCr takes the coherent one.
  const hsa::Pool coarse{pools.any_host_coarse()};
  const bool judged = coarse.handle != 0 && rocr.lock_to_pool != nullptr;
  const Verdict verdict = judged ? judge_asked(reinterpret_cast<uint64_t>(host), size) : Verdict{};
  const hsa::Status status =
      verdict.change() ? rocr.lock_to_pool(host, size, agents, agent_count, coarse, 0, gpu)
                       : rocr.memory_lock(host, size, agents, agent_count, gpu);
  if (status == hsa::success) {
    record_lock(host, size, gpu, Api::hsa_amd_memory_lock, verdict);
  }
  return status;
}

hsa::Status memory_unlock(void* host) {
  const Block block = forget(reinterpret_cast<uint64_t>(host), Api::none);
  if (block.alias != 0) {
    forget(block.alias, Api::none);
  }
  const hsa::Status status = rocr.memory_unlock(host);
  if (status != hsa::success && block.address != 0) {
    layer.ledger.insert(block);
  }
  return status;
}

hsa::Status svm_attributes_set(void* address, size_t size, hsa::SvmPair* pairs, size_t pair_count) {
  constexpr size_t most = 64;
  const bool judged = layer.active() && pairs != nullptr && pair_count < most;
  const Verdict verdict = judged ? judge(reinterpret_cast<uint64_t>(address), size) : Verdict{};
  if (!verdict.change()) {
    const hsa::Status status = rocr.svm_attributes_set(address, size, pairs, pair_count);
    if (status == hsa::success) {
      count(verdict);
    }
    return status;
  }
  std::array<hsa::SvmPair, most> changed{};
  bool there = false;
  for (size_t i = 0; i < pair_count; ++i) {
    changed[i] = pairs[i];
    if (pairs[i].attribute == hsa::svm_global_flag) {
      changed[i].value = hsa::svm_coarse_grained;
      there = true;
    }
  }
  if (!there) {
    changed[pair_count++] = {hsa::svm_global_flag, hsa::svm_coarse_grained};
  }
  const hsa::Status status = rocr.svm_attributes_set(address, size, changed.data(), pair_count);
  if (status == hsa::success) {
    count(verdict);
  }
  return status;
}

hsa::Status vmem_handle_create(hsa::Pool pool, size_t size, uint32_t type, uint64_t flags,
                               uint64_t* handle) {
  const PoolUse* use = layer.active() ? pools.find(pool.handle) : nullptr;
  if (use == nullptr || use->kind != PoolUse::Kind::vram || handle == nullptr) {
    return rocr.vmem_handle_create(pool, size, type, flags, handle);
  }
  VramBudget& budget = layer.budgets[use->gpu];
  const uint64_t charged = in_pages(size);
  if (!charge(budget, charged)) {
    return hsa::out_of_resources;
  }
  const hsa::Status status = rocr.vmem_handle_create(pool, size, type, flags, handle);
  if (status != hsa::success) {
    budget.refund(charged);
    return status;
  }
  Block block = block_of_rocr(*handle, size, intent.api, Place::vram);
  block.charged = charged;
  block.device = use->gpu;
  if (!layer.handles.insert(block)) {
    give_up("no memory for the list of allocations");
  }
  return status;
}

hsa::Status vmem_handle_release(uint64_t handle) {
  Block block;
  const bool known =
      layer.active() && layer.handles.erase(handle, call_time(), 0, Api::none, &block);
  const hsa::Status status = rocr.vmem_handle_release(handle);
  if (known && status == hsa::success) {
    layer.budgets[block.device].refund(block.charged);
  } else if (known) {
    layer.handles.insert(block);
  }
  return status;
}

hsa::Status vmem_map(void* address, size_t size, size_t offset, uint64_t handle, uint64_t flags) {
  const hsa::Status status = rocr.vmem_map(address, size, offset, handle, flags);
  if (status == hsa::success && layer.active()) {
    Block block = block_of_rocr(reinterpret_cast<uint64_t>(address), size, Api::hsa_amd_vmem_map,
                                Place::vram);
    record(block);
  }
  return status;
}

hsa::Status vmem_unmap(void* address, size_t size) {
  const Block block = forget(reinterpret_cast<uint64_t>(address), Api::none);
  const hsa::Status status = rocr.vmem_unmap(address, size);
  if (status != hsa::success && block.address != 0) {
    layer.ledger.insert(block);
  }
  return status;
}

}  // namespace

bool read_tables(const char* core, const CoreSlots& core_slots, const char* ext,
                 const AmdExtSlots& slots) {
  rocr.iterate_agents = read_slot<hsa::IterateAgents>(core, core_slots.iterate_agents);
  rocr.agent_get_info = read_slot<hsa::AgentGetInfo>(core, core_slots.agent_get_info);
  rocr.pool_get_info = read_slot<hsa::PoolGetInfo>(ext, slots.pool_get_info);
  rocr.iterate_pools = read_slot<hsa::IteratePools>(ext, slots.iterate_pools);
  rocr.pool_allocate = read_slot<hsa::PoolAllocate>(ext, slots.pool_allocate);
  rocr.pool_free = read_slot<hsa::PoolFree>(ext, slots.pool_free);
  rocr.allow_access = read_slot<hsa::AllowAccess>(ext, slots.allow_access);
  rocr.memory_lock = read_slot<hsa::MemoryLock>(ext, slots.memory_lock);
  rocr.memory_unlock = read_slot<hsa::MemoryUnlock>(ext, slots.memory_unlock);
  rocr.lock_to_pool = read_slot<hsa::LockToPool>(ext, slots.lock_to_pool);
  rocr.svm_attributes_set = read_slot<hsa::SvmAttributesSet>(ext, slots.svm_attributes_set);
  rocr.register_event_handler =
      read_slot<hsa::RegisterEventHandler>(ext, slots.register_event_handler);
  rocr.vmem_handle_create = read_slot<hsa::VmemHandleCreate>(ext, slots.vmem_handle_create);
  rocr.vmem_handle_release = read_slot<hsa::VmemHandleRelease>(ext, slots.vmem_handle_release);
  rocr.vmem_map = read_slot<hsa::VmemMap>(ext, slots.vmem_map);
  rocr.vmem_unmap = read_slot<hsa::VmemUnmap>(ext, slots.vmem_unmap);
  return rocr.iterate_agents != nullptr && rocr.agent_get_info != nullptr &&
         rocr.pool_get_info != nullptr && rocr.iterate_pools != nullptr &&
         rocr.pool_allocate != nullptr && rocr.pool_free != nullptr &&
         rocr.allow_access != nullptr && rocr.memory_lock != nullptr &&
         rocr.memory_unlock != nullptr && rocr.lock_to_pool != nullptr &&
         rocr.svm_attributes_set != nullptr && rocr.register_event_handler != nullptr;
}

void install_hooks(char* ext, const AmdExtSlots& slots) {
  write_slot<hsa::PoolAllocate>(ext, slots.pool_allocate, pool_allocate);
  write_slot<hsa::PoolFree>(ext, slots.pool_free, pool_free);
  write_slot<hsa::MemoryLock>(ext, slots.memory_lock, memory_lock);
  write_slot<hsa::LockToPool>(ext, slots.lock_to_pool, lock_to_pool);
  write_slot<hsa::MemoryUnlock>(ext, slots.memory_unlock, memory_unlock);
  write_slot<hsa::SvmAttributesSet>(ext, slots.svm_attributes_set, svm_attributes_set);
  write_slot<hsa::VmemHandleCreate>(ext, slots.vmem_handle_create, vmem_handle_create);
  write_slot<hsa::VmemHandleRelease>(ext, slots.vmem_handle_release, vmem_handle_release);
  write_slot<hsa::VmemMap>(ext, slots.vmem_map, vmem_map);
  write_slot<hsa::VmemUnmap>(ext, slots.vmem_unmap, vmem_unmap);
}

}  // namespace rocmfix::hip
