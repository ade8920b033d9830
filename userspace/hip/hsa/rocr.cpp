// SPDX-License-Identifier: MIT
#include "hsa/rocr.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "hsa/supported_gpu.hpp"
#include "layer.hpp"

namespace rocmfix::hip {

constinit Rocr rocr;
constinit Pools pools;

bool Pools::add(const PoolUse& pool) {
  if (count_ == capacity) {
    return false;
  }
  pools_[count_++] = pool;
  return true;
}

void Pools::pair_from(size_t first) {
  uint64_t coarse = 0;
  for (size_t i = first; i < count_; ++i) {
    if (!pools_[i].fine && pools_[i].kind != PoolUse::Kind::other) {
      coarse = pools_[i].handle;
    }
  }
  for (size_t i = first; i < count_; ++i) {
    if (pools_[i].fine) {
      pools_[i].coarse = coarse;
    }
  }
}

const PoolUse* Pools::find(uint64_t handle) const {
  for (size_t i = 0; i < count_; ++i) {
    if (pools_[i].handle == handle) {
      return &pools_[i];
    }
  }
  return nullptr;
}

uint64_t Pools::any_host_coarse() const {
  for (size_t i = 0; i < count_; ++i) {
    if (pools_[i].kind == PoolUse::Kind::host_coarse) {
      return pools_[i].handle;
    }
  }
  return 0;
}

namespace {

/// HSA_OVERRIDE_GFX_VERSION gives ROCr another name for the GPU; the kernel keeps the true one.
/// Unknown (0) when it cannot be read.
uint32_t true_gfx_version(uint32_t node) {
  std::array<char, 96> path{};
  // Cannot be longer: a node's number has at most ten digits.
  static_cast<void>(snprintf(path.data(), path.size(),
                             "/sys/devices/virtual/kfd/kfd/topology/nodes/%u/properties", node));
  const int file = open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return 0;
  }
  std::array<char, 4096> text{};
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  return length <= 0 ? 0 : gfx_version_of_node({text.data(), static_cast<size_t>(length)});
}

hsa::Status see_pool(hsa::Pool pool, void* context) {
  const auto* gpu = static_cast<const uint8_t*>(context);
  uint32_t segment = 0;
  uint32_t flags = 0;
  PoolUse use{.handle = pool.handle};
  if (rocr.pool_get_info(pool, hsa::pool_segment, &segment) != hsa::success ||
      segment != hsa::segment_global ||
      rocr.pool_get_info(pool, hsa::pool_flags, &flags) != hsa::success) {
    return hsa::success;
  }
  if (gpu != nullptr) {
    use.kind = PoolUse::Kind::vram;
    use.fine = (flags & hsa::pool_coarse) == 0;
    use.gpu = *gpu;
    uint64_t size = 0;
    if ((flags & hsa::pool_coarse) != 0 &&
        rocr.pool_get_info(pool, hsa::pool_size, &size) == hsa::success) {
      layer.gpus[*gpu].vram = size;
    }
  } else if ((flags & hsa::pool_kernarg) == 0) {
    use.kind = (flags & hsa::pool_coarse) != 0 ? PoolUse::Kind::host_coarse
               : (flags & hsa::pool_fine) != 0 ? PoolUse::Kind::host_fine
                                               : PoolUse::Kind::other;
  }
  use.fine = use.fine || use.kind == PoolUse::Kind::host_fine;
  return pools.add(use) ? hsa::success : hsa::error;
}

void describe(Gpu& gpu) {
  rocr.agent_get_info(gpu.agent, hsa::agent_name, gpu.name.data());
  // Not every release knows these; what it does not know stays empty.
  rocr.agent_get_info(gpu.agent, hsa::agent_product, gpu.product.data());
  rocr.agent_get_info(gpu.agent, hsa::agent_driver_node, &gpu.node);
  rocr.agent_get_info(gpu.agent, hsa::agent_bdf, &gpu.bdf);
  rocr.agent_get_info(gpu.agent, hsa::agent_domain, &gpu.domain);
  gpu.supported = is_supported_gpu(gpu.name.data(), true_gfx_version(gpu.node));
}

hsa::Status see_agent(hsa::Agent agent, void* /*context*/) {
  uint32_t type = 0;
  if (rocr.agent_get_info(agent, hsa::agent_device_type, &type) != hsa::success) {
    return hsa::error;
  }
  if (type == hsa::device_cpu) {
    const size_t first = pools.count();
    const hsa::Status status = rocr.iterate_pools(agent, see_pool, nullptr);
    pools.pair_from(first);
    return status;
  }
  if (type != hsa::device_gpu) {
    return hsa::success;
  }
  if (layer.gpu_count == max_gpus) {
    return hsa::error;
  }
  auto index = static_cast<uint8_t>(layer.gpu_count++);
  Gpu& gpu = layer.gpus[index];
  gpu = Gpu{};
  gpu.agent = agent;
  describe(gpu);
  const size_t first = pools.count();
  const hsa::Status status = rocr.iterate_pools(agent, see_pool, &index);
  pools.pair_from(first);
  return status;
}

}  // namespace

bool survey() {
  pools.clear();
  layer.gpu_count = 0;
  return rocr.iterate_agents(see_agent, nullptr) == hsa::success;
}

}  // namespace rocmfix::hip
