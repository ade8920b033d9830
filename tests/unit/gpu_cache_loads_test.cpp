// SPDX-License-Identifier: MIT
// The documented model, rule by rule: what a load sees, and what changes that. Memory is changed by
// the host behind the caches' back.
#include <gtest/gtest.h>

#include "gpu/cache/cached_memory.hpp"
#include "gpu_caches.hpp"

namespace rocmfix::sim::cache {
namespace {

constexpr std::uint64_t at = 4096;

TEST(GpuCacheLoads, APlainLoadKeepsSeeingTheLineThatItsL0Has) {
  Machine gpu;
  const auto wave = gpu.on(0);
  EXPECT_EQ(gpu.load(*wave, at), 0U);
  gpu.memory.put(at, 1);
  gpu.memory.put(at + 124, 1);
  gpu.memory.put(at + 128, 1);
  EXPECT_EQ(gpu.load(*wave, at), 0U);
  EXPECT_EQ(gpu.load(*wave, at + 124), 0U);
  EXPECT_EQ(gpu.load(*wave, at + 128), 1U) << "another line";
}

// Makes L0 of WGP 0 older (1) than GL1 (2), that older than GL2 (3), and that older than memory
// (4).
void age(Machine& gpu, Port& wave, Port& neighbour, Port& far) {
  gpu.memory.put(at, 1);
  gpu.load(wave, at);
  gpu.caches.invalidate(wave, isa::CacheLevel::gl1);
  gpu.store_and_wait(far, at, 2);
  gpu.load(neighbour, at);
  gpu.store_and_wait(far, at, 3);
  gpu.memory.put(at, 4);
}

TEST(GpuCacheLoads, GlcGoesRoundL0AndDlcRoundGl1AndNothingRoundGl2) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto neighbour = gpu.on(1);
  const auto far = gpu.on(2);
  age(gpu, *wave, *neighbour, *far);
  EXPECT_EQ(gpu.load(*wave, at), 1U);
  EXPECT_EQ(gpu.load(*wave, at, glc), 2U);
  EXPECT_EQ(gpu.load(*wave, at, glc_dlc), 3U);
  EXPECT_EQ(gpu.load(*wave, at, glc_dlc), 3U) << "GL2 stays stale however often it is asked";
  EXPECT_EQ(gpu.load(*wave, at), 3U) << "glc and dlc have evicted the lines above";
}

TEST(GpuCacheLoads, GlcWithSlcGoesRoundL0AndGl1) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto neighbour = gpu.on(1);
  const auto far = gpu.on(2);
  age(gpu, *wave, *neighbour, *far);
  EXPECT_EQ(gpu.load(*wave, at, glc_slc), 3U);
}

TEST(GpuCacheLoads, Gl0InvDropsTheL0OfItsOwnCu) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto neighbour = gpu.on(1);
  const auto far = gpu.on(2);
  age(gpu, *wave, *neighbour, *far);
  gpu.caches.invalidate(*neighbour, isa::CacheLevel::l0);
  EXPECT_EQ(gpu.load(*wave, at), 1U);
  gpu.caches.invalidate(*wave, isa::CacheLevel::l0);
  EXPECT_EQ(gpu.load(*wave, at), 2U);
}

TEST(GpuCacheLoads, Gl1InvDropsTheGl1OfItsOwnArray) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto neighbour = gpu.on(1);
  const auto far = gpu.on(2);
  age(gpu, *wave, *neighbour, *far);
  gpu.caches.invalidate(*far, isa::CacheLevel::gl1);
  EXPECT_EQ(gpu.load(*wave, at, glc), 2U);
  gpu.caches.invalidate(*wave, isa::CacheLevel::gl1);
  EXPECT_EQ(gpu.load(*wave, at, glc), 3U);
  EXPECT_EQ(gpu.load(*far, at), 3U);
}

TEST(GpuCacheLoads, UcGoesRoundGl2ButNotRoundL0) {
  for (const Mtype mtype : {Mtype::uc, Mtype::cc}) {
    Machine gpu;
    const auto wave = gpu.on(0);
    gpu.load(*wave, at, plain, mtype);
    gpu.memory.put(at, 1);
    EXPECT_EQ(gpu.load(*wave, at, plain, mtype), 0U);
    EXPECT_EQ(gpu.load(*wave, at, glc, mtype), 0U) << "GL1 has it";
    EXPECT_EQ(gpu.load(*wave, at, glc_dlc, mtype), 1U);
    gpu.memory.put(at, 2);
    gpu.caches.invalidate(*wave, isa::CacheLevel::gl1);
    gpu.caches.invalidate(*wave, isa::CacheLevel::l0);
    EXPECT_EQ(gpu.load(*wave, at, plain, mtype), 2U);
  }
}

TEST(GpuCacheLoads, NcAndWcStayInGl2) {
  for (const Mtype mtype : {Mtype::nc, Mtype::wc}) {
    Machine gpu;
    const auto wave = gpu.on(0);
    gpu.load(*wave, at, plain, mtype);
    gpu.memory.put(at, 1);
    gpu.caches.invalidate(*wave, isa::CacheLevel::gl1);
    gpu.caches.invalidate(*wave, isa::CacheLevel::l0);
    EXPECT_EQ(gpu.load(*wave, at, glc_dlc, mtype), 0U);
  }
}

TEST(GpuCacheLoads, TheScalarCacheIsAnotherOne) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto neighbour = gpu.on(1);
  EXPECT_EQ(gpu.load(*wave, at, scalar), 0U);
  EXPECT_EQ(gpu.load(*neighbour, at, scalar), 0U);
  gpu.store_and_wait(*wave, at, 1);
  EXPECT_EQ(gpu.load(*wave, at), 1U);
  EXPECT_EQ(gpu.load(*wave, at, scalar), 0U) << "vector stores do not change it";
  gpu.caches.invalidate(*wave, isa::CacheLevel::l0);
  EXPECT_EQ(gpu.load(*wave, at, scalar), 0U);
  gpu.caches.invalidate(*wave, isa::CacheLevel::scalar);
  EXPECT_EQ(gpu.load(*wave, at, scalar), 1U);
  EXPECT_EQ(gpu.load(*neighbour, at, scalar), 0U) << "another WGP's";
}

TEST(GpuCacheLoads, AWorkgroupInWgpModeHasTwoL0AndInCuModeOne) {
  Machine gpu;
  for (const bool both : {true, false}) {
    const auto first = gpu.caches.port({{1}, 0, both});
    const auto second = gpu.caches.port({{1}, 1, both});
    const auto third = gpu.caches.port({{1}, 2, both});
    EXPECT_EQ(first->unit == second->unit, !both);
    EXPECT_EQ(first->unit, third->unit);
    EXPECT_EQ(first->group_processor, second->group_processor);
  }
  EXPECT_NE(gpu.caches.port({{1}, 0, false})->unit, gpu.caches.port({{5}, 0, false})->unit)
      << "the WGP's next workgroup is on its other CU";
}

TEST(GpuCacheLoads, ADispatchBeginsWithoutL0AndGl1AndWithSystemScopeWithoutGl2) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto neighbour = gpu.on(1);
  const auto far = gpu.on(2);
  age(gpu, *wave, *neighbour, *far);
  EXPECT_EQ(gpu.load(*wave, at, scalar), 2U);
  gpu.caches.acquire(Scope::none);
  EXPECT_EQ(gpu.load(*wave, at), 1U);
  gpu.caches.acquire(Scope::agent);
  EXPECT_EQ(gpu.load(*wave, at), 3U);
  EXPECT_EQ(gpu.load(*wave, at, scalar), 3U);
  gpu.caches.release(Scope::system);
  gpu.memory.put(at, 4);
  gpu.caches.acquire(Scope::agent);
  EXPECT_EQ(gpu.load(*wave, at), 3U);
  gpu.caches.acquire(Scope::system);
  EXPECT_EQ(gpu.load(*wave, at), 4U);
}

TEST(GpuCacheLoads, LinesMayBeDroppedThoughNothingDemandsIt) {
  for (const unsigned drop_gl2 : {0U, 1U}) {
    Machine gpu({0, 1, 1, drop_gl2, 0, 0});
    const auto wave = gpu.on(0);
    gpu.load(*wave, at);
    gpu.memory.put(at, 1);
    EXPECT_EQ(gpu.load(*wave, at), drop_gl2) << "GL2's, too";
  }
  Machine gpu({0, 1, 1, 0, 0, 0});
  const auto wave = gpu.on(0);
  gpu.load(*wave, at, plain, Mtype::uc);
  gpu.memory.put(at, 1);
  EXPECT_EQ(gpu.load(*wave, at, plain, Mtype::uc), 1U);
}

TEST(GpuCacheLoads, ACacheHoldsNoMoreThanItsSize) {
  Machine gpu(quiet, 1, {1, 1, 2 * line_size, 2 * line_size, 4 * line_size});
  const auto wave = gpu.on(0);
  for (std::uint64_t line = 0; line < 64; ++line) {
    gpu.store_and_wait(*wave, line * line_size, 7);
    gpu.load(*wave, line * line_size);
  }
  unsigned written = 0;
  for (std::uint64_t line = 0; line < 64; ++line) {
    written += gpu.memory.get(line * line_size) == 7 ? 1 : 0;
    gpu.memory.put(line * line_size, 8);
  }
  EXPECT_EQ(written, 60U) << "what made room was written back";
  unsigned kept = 0;
  for (std::uint64_t line = 0; line < 64; ++line) {
    kept += gpu.load(*wave, line * line_size) == 7 ? 1 : 0;
  }
  EXPECT_GE(kept, 1U);
  EXPECT_LE(kept, 4U);
}

TEST(GpuCacheLoads, AnAccessMayCrossLines) {
  Machine gpu;
  CachedMemory memory(gpu.caches, std::make_unique<Words>(), [](std::uint64_t va) {
    return va < memory_size ? std::optional(Mapping{Mtype::uc, va < memory_size / 2})
                            : std::nullopt;
  });
  const auto port = memory.port({});
  memory.enter(port.get());
  const std::array<std::uint32_t, 4> in = {1, 2, 3, 4};
  memory.begin_store();
  ASSERT_TRUE(memory.write(at + 120, in.data(), sizeof in));
  memory.wait_stores(0);
  std::array<std::uint32_t, 4> out{};
  ASSERT_TRUE(memory.read(at + 120, out.data(), sizeof out, plain));
  EXPECT_EQ(out, in);
  EXPECT_EQ(gpu.memory.get(at + 132), 4U);
  EXPECT_FALSE(memory.write(memory_size / 2, in.data(), 4));
  EXPECT_TRUE(memory.fault().read_only);
  EXPECT_FALSE(memory.read(memory_size - 8, out.data(), 16, plain));
  EXPECT_EQ(memory.fault().address, memory_size);
  EXPECT_FALSE(memory.fault().read_only);
}

}  // namespace
}  // namespace rocmfix::sim::cache
