// SPDX-License-Identifier: MIT
#include "gpu/gpu_caches.hpp"

#include <algorithm>

#include "control/configuration.hpp"
#include "control/journal.hpp"
#include "gpu/cache/cached_memory.hpp"
#include "kfd/kfd_abi.hpp"
#include "util/any_seed.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

cache::Shape shape_of(const Card& card) {
  constexpr unsigned units = 2;  // CUs of a WGP
  cache::Shape shape;
  shape.arrays = std::max(1U, card.engines * card.arrays);
  shape.group_processors = std::max(1U, card.cu_per_array / units);
  shape.gl2_bytes = std::size_t{card.l2_kib} << 10U;
  return shape;
}

// What a run did is told, so that it can be asked for again: its choices, not its threads' order.
std::uint64_t seed_of(const Gpu& gpu) {
  const auto& wanted = configuration()->seed;
  static const std::uint64_t seed = wanted ? *wanted : any_seed() + 1;  // of all GPUs
  JournalLine("caches").unsigned_number("gpu", gpu.gpu_id).unsigned_number("seed", seed);
  if (!wanted) {
    complain(formatted("note: the caches of {} do what ROCMFIX_SIM_SEED={} makes them do",
                       gpu.card->name, seed));
  }
  return seed;
}

std::optional<cache::Mapping> translate(Process& process, unsigned gpu, std::uint64_t va) {
  const auto entry = process.memory.entry(gpu, va);
  if (!entry) {
    return std::nullopt;
  }
  constexpr auto writable = static_cast<std::uint32_t>(KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE);
  return cache::Mapping{static_cast<cache::Mtype>(mtype_in_force(gpus()[gpu], entry->mtype)),
                        entry->buffer == nullptr || (entry->buffer->flags & writable) != 0};
}

cache::Scope scope_of(std::uint16_t header, unsigned shift) {
  return static_cast<cache::Scope>(std::min(header >> shift & 3U, 2U));
}

}  // namespace

GpuCaches::GpuCaches(Process& process, const Gpu& gpu)
    : below(process.memory, gpu.index),
      hierarchy(shape_of(*gpu.card), cache::Chance(seed_of(gpu) + gpu.index), below) {}

std::unique_ptr<isa::Memory> memory_of_waves(Process& process, unsigned gpu) {
  auto direct = std::make_unique<PageMemory>(process.memory, gpu);
  if (process.caches[gpu] == nullptr) {
    return direct;
  }
  return std::make_unique<cache::CachedMemory>(
      process.caches[gpu]->hierarchy, std::move(direct),
      [&process, gpu](std::uint64_t va) { return translate(process, gpu, va); });
}

PacketFences::PacketFences(Process& process, unsigned gpu, std::uint16_t header)
    : caches_(process.caches[gpu]), acquire_(scope_of(header, 9)), release_(scope_of(header, 11)) {}

void PacketFences::acquire(bool dispatches) const {
  if (caches_ != nullptr) {
    caches_->hierarchy.acquire(dispatches ? std::max(acquire_, cache::Scope::agent) : acquire_);
  }
}

void PacketFences::release() const {
  if (caches_ != nullptr) {
    caches_->hierarchy.release(release_);
  }
}

}  // namespace rocmfix::sim
