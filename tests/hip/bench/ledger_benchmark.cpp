// SPDX-License-Identifier: MIT
// What the ledger costs an allocation and its free: one insertion and one erasure, in the pattern
// of PyTorch's allocator: addresses are multiples of 2 MiB, blocks live long, and the oldest goes
// first. N blocks are live, shared among T threads. CPU time of a thread for one pair.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "ledger/ledger.hpp"

namespace {

using rocmfix::hip::Api;
using rocmfix::hip::Block;
using rocmfix::hip::Ledger;
using rocmfix::hip::Owner;

constexpr uint64_t size = uint64_t{2} << 20U;

// As ROCr gives them: anywhere in the address space that both processors see, in no order.
uint64_t address_of(uint64_t number) {
  uint64_t mixed = number + 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return ((mixed >> 17U) | uint64_t{1} << 46U) & ~(size - 1);
}

Block block(uint64_t number) {
  Block made;
  made.address = address_of(number);
  made.size = size;
  made.time = number;
  made.api = Api::hipMalloc;
  made.owner = Owner::hsa;  // as hipMalloc's are
  return made;
}

Ledger ledger;

void replace_oldest(benchmark::State& state) {
  const auto live = static_cast<size_t>(state.range(0) / state.threads());
  uint64_t next = static_cast<uint64_t>(state.thread_index() + 1) << 32U;
  std::vector<uint64_t> mine(live);
  for (uint64_t& address : mine) {
    const Block made = block(++next);
    ledger.insert(made);
    address = made.address;
  }
  size_t oldest = 0;
  for (auto _ : state) {
    const Block made = block(++next);
    benchmark::DoNotOptimize(ledger.erase(mine[oldest], made.time, 1, Api::hipFree));
    ledger.insert(made);
    mine[oldest] = made.address;
    oldest = (oldest + 1) % live;
  }
  for (const uint64_t address : mine) {
    ledger.erase(address, 1, 1, Api::hipFree);
  }
}

// 8192 is 16 GiB. A million is for programs that do without an allocator of their own.
BENCHMARK(replace_oldest)->Arg(1000)->Arg(8192)->Threads(1)->Threads(8);
BENCHMARK(replace_oldest)->Arg(1'000'000);

}  // namespace

BENCHMARK_MAIN();
