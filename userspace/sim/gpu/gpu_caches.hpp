// SPDX-License-Identifier: MIT
// The caches of a simulated GPU with +caches: which of its accesses go through them, and what its
// packets do to them. Between the GPUs of a process, and between processes, there is memory alone.
#pragma once

#include <memory>

#include "gpu/cache/hierarchy.hpp"
#include "gpu/page_memory.hpp"
#include "kfd/process.hpp"

namespace rocmfix::sim {

struct GpuCaches {
  GpuCaches(Process& process, const Gpu& gpu);

  PageMemory below;
  cache::Hierarchy hierarchy;
};

/// For a thread that executes a kernel's waves.
std::unique_ptr<isa::Memory> memory_of_waves(Process& process, unsigned gpu);

/// The fences of an AQL packet, by its header.
class PacketFences {
 public:
  PacketFences(Process& process, unsigned gpu, std::uint16_t header);
  /// Before a dispatch, or when a barrier's signals have come.
  void acquire(bool dispatches) const;
  /// When the packet is done, before its signal.
  void release() const;

 private:
  std::shared_ptr<GpuCaches> caches_;
  cache::Scope acquire_, release_;
};

}  // namespace rocmfix::sim
