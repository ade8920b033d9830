// SPDX-License-Identifier: MIT
#include "hsa/vram_figures.hpp"

#include <algorithm>
#include <cstring>

#include "hsa/rocr.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

namespace {

void lower(void* value, uint64_t most) {
  uint64_t figure = 0;  // value need not be aligned
  memcpy(&figure, value, sizeof figure);
  figure = std::min(figure, most);
  memcpy(value, &figure, sizeof figure);
}

/// nullptr: there is no limit.
const VramBudget* budget_of(const hsa::Agent& agent) {
  for (size_t i = 0; i < layer.gpu_count; ++i) {
    if (layer.gpus[i].agent.handle == agent.handle) {
      return layer.budgets[i].limit() == 0 ? nullptr : &layer.budgets[i];
    }
  }
  return nullptr;
}

hsa::Status pool_get_info(hsa::Pool pool, uint32_t attribute, void* value) {
  const hsa::Status status = rocr.pool_get_info(pool, attribute, value);
  if (status != hsa::success || attribute != hsa::pool_size || value == nullptr || !is_strict()) {
    return status;
  }
  const PoolUse* use = pools.find(pool.handle);
  if (use != nullptr && use->kind == PoolUse::Kind::vram && layer.budgets[use->gpu].limit() != 0) {
    lower(value, layer.budgets[use->gpu].limit());
  }
  return status;
}

hsa::Status agent_get_info(hsa::Agent agent, uint32_t attribute, void* value) {
  const hsa::Status status = rocr.agent_get_info(agent, attribute, value);
  if (status != hsa::success || attribute != hsa::agent_memory_available || value == nullptr ||
      !is_strict()) {
    return status;
  }
  if (const VramBudget* budget = budget_of(agent); budget != nullptr) {
    lower(value, budget->left());
  }
  return status;
}

}  // namespace

bool is_strict() {
  return layer.active() && layer.settings.out_of_memory == OutOfMemory::fail;
}

void install_vram_figures(char* core, const CoreSlots& core_slots, char* ext,
                          const AmdExtSlots& slots) {
  const hsa::AgentGetInfo of_agent = agent_get_info;
  const hsa::PoolGetInfo of_pool = pool_get_info;
  memcpy(core + core_slots.agent_get_info, &of_agent, sizeof of_agent);
  memcpy(ext + slots.pool_get_info, &of_pool, sizeof of_pool);
}

}  // namespace rocmfix::hip
