// SPDX-License-Identifier: MIT
// What the ledger costs an allocation and its free: one insert and one erase, with N blocks
// live, by T threads at once. CPU time of a thread for one pair.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "ledger/ledger.hpp"

namespace {

using rocmfix::hip::Api;
using rocmfix::hip::Block;
using rocmfix::hip::Ledger;
using rocmfix::hip::Owner;

// Of the addresses that ROCr gives: pages, far apart and in no order.
uint64_t address_of(uint64_t number) {
  uint64_t mixed = number + 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return (0x7f0000000000U | (mixed & 0xffffffffffU)) & ~uint64_t{0xfff};
}

Block block(uint64_t number) {
  Block made;
  made.address = address_of(number);
  made.size = 4096;
  made.time = number;
  made.api = Api::hipMalloc;
  made.owner = Owner::hsa;  // as hipMalloc's are
  return made;
}

Ledger ledger;

void fill(uint64_t live) {
  ledger.clear();
  for (uint64_t i = 0; i < live; ++i) {
    ledger.insert(block(i));
  }
}

void insert_and_erase(benchmark::State& state) {
  const auto live = static_cast<uint64_t>(state.range(0));
  if (state.thread_index() == 0) {
    fill(live);
  }
  uint64_t next = (uint64_t{1} << 40U) + (static_cast<uint64_t>(state.thread_index()) << 32U);
  for (auto _ : state) {
    const Block made = block(++next);
    ledger.insert(made);
    benchmark::DoNotOptimize(ledger.erase(made.address, made.time, 1, Api::hipFree));
  }
  state.counters["live"] =
      benchmark::Counter(static_cast<double>(ledger.live()), benchmark::Counter::kAvgThreads);
}

// As an allocation program does it: what is freed is not what was just allocated.
void insert_and_erase_the_oldest(benchmark::State& state) {
  constexpr size_t held = 4096;
  const auto live = static_cast<uint64_t>(state.range(0));
  if (state.thread_index() == 0) {
    fill(live);
  }
  std::vector<uint64_t> mine(held);
  uint64_t next = (uint64_t{1} << 41U) + (static_cast<uint64_t>(state.thread_index()) << 32U);
  size_t at = 0;
  for (auto _ : state) {
    const Block made = block(++next);
    ledger.insert(made);
    if (mine[at] != 0) {
      benchmark::DoNotOptimize(ledger.erase(mine[at], made.time, 1, Api::hipFree));
    }
    mine[at] = made.address;
    at = (at + 1) % held;
  }
}

// What there is no way around where a hash says where to look and the table is larger than what the
// processor keeps near: one line of it, wherever it is. What is read says where to read next.
void one_read(benchmark::State& state) {
  constexpr size_t size = size_t{16} << 20U;  // bytes: the ledger's table at a million live blocks
  constexpr size_t huge_page = size_t{2} << 20U;
  static uint64_t* const table = [] {
    auto* memory = static_cast<uint64_t*>(std::aligned_alloc(huge_page, size));
    madvise(memory, size, MADV_HUGEPAGE);
    std::fill_n(memory, size / sizeof *memory, 1);
    return memory;
  }();
  uint64_t next = static_cast<uint64_t>(state.thread_index()) << 32U;
  for (auto _ : state) {
    next += table[(address_of(next) >> 12U) % (size / sizeof *table)];
    benchmark::DoNotOptimize(next);
  }
}

BENCHMARK(insert_and_erase)->Arg(1000)->Arg(1'000'000)->Threads(1)->Threads(8);
BENCHMARK(insert_and_erase_the_oldest)->Arg(1'000'000)->Threads(1)->Threads(8);
BENCHMARK(one_read)->Threads(1)->Threads(8);

}  // namespace

BENCHMARK_MAIN();
