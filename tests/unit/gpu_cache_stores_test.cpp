// SPDX-License-Identifier: MIT
// The documented model, rule by rule: when a store or an atomic is seen, and by whom.
#include <gtest/gtest.h>

#include <set>

#include "gpu_caches.hpp"

namespace rocmfix::sim::cache {
namespace {

constexpr std::uint64_t at = 4096;
constexpr std::uint64_t other = 8192;

TEST(GpuCacheStores, AStoreIsUnderWayUntilItIsWaitedFor) {
  Machine gpu;
  const auto wave = gpu.on(0);
  const auto far = gpu.on(2);
  gpu.store(*wave, at, 1);
  EXPECT_EQ(gpu.load(*far, at, glc_dlc), 0U);
  gpu.caches.wait_stores(*wave, 0);
  EXPECT_EQ(gpu.load(*far, at, glc_dlc), 1U);
}

TEST(GpuCacheStores, AWaitForACountIsForTheOldest) {
  Machine gpu;
  const auto wave = gpu.on(0);
  gpu.store(*wave, at, 1, Mtype::uc);
  gpu.store(*wave, other, 2, Mtype::uc);
  gpu.caches.wait_stores(*wave, 2);
  EXPECT_EQ(gpu.memory.get(at), 0U);
  gpu.caches.wait_stores(*wave, 1);
  EXPECT_EQ(gpu.memory.get(at), 1U);
  EXPECT_EQ(gpu.memory.get(other), 0U);
}

TEST(GpuCacheStores, NoMoreThanVscntCanCountAreUnderWay) {
  Machine gpu;
  const auto wave = gpu.on(0);
  for (unsigned i = 0; i < 63; ++i) {
    gpu.store(*wave, at + std::uint64_t{i} * line_size, 1, Mtype::uc);
  }
  EXPECT_EQ(gpu.memory.get(at), 0U);
  gpu.store(*wave, other * 2, 1, Mtype::uc);
  EXPECT_EQ(gpu.memory.get(at), 1U);
  EXPECT_EQ(gpu.memory.get(at + line_size), 0U);
}

TEST(GpuCacheStores, AWaveSeesItsOwnStoresAtOnce) {
  Machine gpu;
  const auto wave = gpu.on(0);
  for (const isa::Policy policy : {plain, glc, glc_dlc}) {
    gpu.load(*wave, at);
    gpu.store(*wave, at, 1);
    gpu.store(*wave, at, 2);
    EXPECT_EQ(gpu.load(*wave, at, policy), 2U);
    gpu.store_and_wait(*wave, at, 0);
  }
}

std::set<std::string> orders(std::uint64_t first, std::uint64_t second) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Machine gpu({2, 0, 0, 0, 0, 0}, seed);
    const auto wave = gpu.on(0);
    gpu.store(*wave, first, 1, Mtype::uc);
    gpu.store(*wave, second, 2, Mtype::uc);
    for (unsigned i = 0; i < 20; ++i) {
      seen.insert(std::to_string(gpu.memory.get(first)) + std::to_string(gpu.memory.get(second)));
      gpu.caches.pass_time(*wave);
    }
    EXPECT_EQ(gpu.memory.get(second), 2U) << "stores make progress";
  }
  return seen;
}

TEST(GpuCacheStores, StoresToDifferentLinesArePerformedInAnyOrder) {
  EXPECT_EQ(orders(at, other), (std::set<std::string>{"00", "10", "02", "12"}));
}

TEST(GpuCacheStores, StoresToOneLineArePerformedInOrder) {
  EXPECT_EQ(orders(at, at + 4), (std::set<std::string>{"00", "10", "12"}));
}

TEST(GpuCacheStores, NcStaysInGl2AndUcGoesToMemory) {
  for (const auto& [mtype, seen] :
       {std::pair{Mtype::nc, 0U}, {Mtype::wc, 0U}, {Mtype::cc, 1U}, {Mtype::uc, 1U}}) {
    Machine gpu;
    const auto wave = gpu.on(0);
    gpu.store_and_wait(*wave, at, 1, mtype);
    EXPECT_EQ(gpu.memory.get(at), seen);
    EXPECT_EQ(gpu.load(*gpu.on(2), at, glc_dlc, mtype), 1U);
  }
}

TEST(GpuCacheStores, OtherCusAndArraysKeepTheLineThatTheyHave) {
  for (std::uint64_t seed = 1; seed < 8; ++seed) {
    Machine gpu(quiet, seed);
    const auto wave = gpu.on(0);
    const auto neighbour = gpu.on(1);
    const auto far = gpu.on(2);
    for (Port* const port : {wave.get(), neighbour.get(), far.get()}) {
      gpu.load(*port, at);
    }
    gpu.store_and_wait(*wave, at, 1);
    EXPECT_EQ(gpu.load(*wave, at), 1U);
    EXPECT_EQ(gpu.load(*neighbour, at), 0U);
    EXPECT_EQ(gpu.load(*neighbour, at, glc), 1U) << "the store has evicted it from this GL1";
    EXPECT_EQ(gpu.load(*far, at, glc), 0U) << "and not from the other array's";
    EXPECT_EQ(gpu.load(*far, at, glc_dlc), 1U);
  }
}

TEST(GpuCacheStores, TheRestOfAnL0LineIsKeptOrReadAgain) {
  std::set<std::uint32_t> seen;
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Machine gpu(quiet, seed);
    const auto wave = gpu.on(0);
    gpu.load(*wave, at);
    gpu.store_and_wait(*gpu.on(2), at + 4, 5);
    gpu.store_and_wait(*wave, at, 1);
    EXPECT_EQ(gpu.load(*wave, at), 1U);
    gpu.load(*wave, at);
    seen.insert(gpu.load(*wave, at + 4));
  }
  EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 5}));
}

TEST(GpuCacheStores, SystemReleaseWritesBackAndAgentReleaseDoesNot) {
  Machine gpu;
  const auto wave = gpu.on(0);
  gpu.store_and_wait(*wave, at, 1);
  gpu.caches.release(Scope::none);
  gpu.caches.release(Scope::agent);
  gpu.caches.acquire(Scope::agent);
  EXPECT_EQ(gpu.memory.get(at), 0U);
  EXPECT_EQ(gpu.load(*wave, at), 1U);
  gpu.caches.release(Scope::system);
  EXPECT_EQ(gpu.memory.get(at), 1U);
  gpu.memory.put(at, 2);
  EXPECT_EQ(gpu.load(*wave, at, glc_dlc), 1U) << "GL2 keeps what it has written back";
}

TEST(GpuCacheStores, SystemAcquireAndEmptyingLoseNothing) {
  Machine gpu;
  const auto wave = gpu.on(0);
  gpu.store_and_wait(*wave, at, 1);
  gpu.caches.acquire(Scope::system);
  EXPECT_EQ(gpu.memory.get(at), 1U);
  gpu.store_and_wait(*wave, at, 2);
  gpu.load(*wave, at);
  gpu.caches.empty();
  EXPECT_EQ(gpu.memory.get(at), 2U);
  gpu.memory.put(at, 3);
  EXPECT_EQ(gpu.load(*wave, at), 3U);
}

TEST(GpuCacheStores, OnlyStoredBytesAreWrittenBack) {
  Machine gpu;
  const auto wave = gpu.on(0);
  gpu.store_and_wait(*wave, at + 4, 1);
  gpu.store_and_wait(*wave, at + 120, 2);
  gpu.memory.put(at, 7);
  gpu.memory.put(at + 8, 8);
  EXPECT_EQ(gpu.load(*wave, at + 8), 8U) << "the line is read around what was stored";
  EXPECT_EQ(gpu.load(*wave, at + 4), 1U);
  gpu.memory.put(at, 9);
  gpu.caches.release(Scope::system);
  EXPECT_EQ(gpu.memory.get(at), 9U);
  EXPECT_EQ(gpu.memory.get(at + 4), 1U);
  EXPECT_EQ(gpu.memory.get(at + 120), 2U);
  gpu.memory.put(at + 4, 10);
  gpu.caches.release(Scope::system);
  EXPECT_EQ(gpu.memory.get(at + 4), 10U) << "and once";
}

TEST(GpuCacheStores, ALineMayBeWrittenBackOrDroppedThoughNothingDemandsIt) {
  for (const Chance::Rates rates :
       {Chance::Rates{0, 0, 0, 0, 1, 0}, Chance::Rates{0, 0, 0, 1, 0, 0}}) {
    Machine gpu(rates);
    const auto wave = gpu.on(0);
    gpu.store_and_wait(*wave, at, 1);
    gpu.caches.pass_time(*wave);
    EXPECT_EQ(gpu.memory.get(at), 1U);
    gpu.memory.put(at, 2);
    EXPECT_EQ(gpu.load(*wave, at), rates.drop_gl2 == 1 ? 2U : 1U);
  }
}

TEST(GpuCacheStores, AtomicsAreDoneInGl2OrInMemoryAndEvictTheLineAbove) {
  for (const auto& [mtype, seen] : {std::pair{Mtype::nc, 0U}, {Mtype::uc, 15U}}) {
    Machine gpu;
    const auto wave = gpu.on(0);
    const auto far = gpu.on(2);
    gpu.load(*wave, at, plain, mtype);
    gpu.store(*wave, at, 5, mtype);
    gpu.add(*wave, at, 3, mtype);
    gpu.add(*far, at, 7, mtype);
    EXPECT_EQ(gpu.memory.get(at), seen);
    EXPECT_EQ(gpu.load(*wave, at, glc_dlc, mtype), 15U);
    gpu.load(*wave, at, plain, mtype);
    gpu.add(*wave, at, 1, mtype);
    EXPECT_EQ(gpu.load(*wave, at, plain, mtype), 16U);
    gpu.add(*far, other, 9, mtype);
    gpu.caches.release(Scope::system);
    EXPECT_EQ(gpu.memory.get(at), 16U);
    EXPECT_EQ(gpu.memory.get(other), 9U);
  }
}

TEST(GpuCacheStores, WhatIsNotMappedIsAFaultForAnAtomicAndLostForALine) {
  Machine gpu;
  const auto wave = gpu.on(0);
  EXPECT_FALSE(gpu.caches.change(
      *wave, memory_size, 4, [](void*) {}, Mtype::nc));
  gpu.store_and_wait(*wave, memory_size, 1);
  gpu.caches.release(Scope::system);
  EXPECT_EQ(gpu.load(*wave, memory_size + line_size), ~0U);
}

TEST(GpuCacheStores, TheSameSeedDecidesTheSame) {
  std::set<std::array<unsigned, 6>> different;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Chance one(seed);
    Chance two(seed);
    const auto& r = one.rates();
    different.insert(
        {r.perform_store, r.drop_l0, r.drop_gl1, r.drop_gl2, r.write_back, r.late_load});
    EXPECT_NE(r.perform_store, 0U) << "stores make progress";
    for (unsigned i = 0; i < 10; ++i) {
      EXPECT_EQ(one.below(1000), two.below(1000));
    }
  }
  EXPECT_GT(different.size(), 30U);
}

}  // namespace
}  // namespace rocmfix::sim::cache
