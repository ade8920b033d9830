// SPDX-License-Identifier: MIT
// Atomic operations of many threads on one cell: none is lost, whatever their order was.
#include <algorithm>
#include <array>
#include <thread>

#include "selftest/gpu.hpp"
#include "selftest/verdict.hpp"

namespace rocmfix::selftest {

namespace {

enum Where { in_vram, in_lds, in_host_memory };

constexpr unsigned groups = 16;
constexpr std::uint32_t rounds = 8;
constexpr std::uint32_t threads = groups * group_size;

template <class Number>
using Cells = std::array<Number, atomic_cells>;

template <class Number>
Cells<Number> first_cells() {
  Cells<Number> cells{};
  cells[atomic_min] = static_cast<Number>(~Number{0});
  return cells;
}

/// `shift`: what the kernel does to a value for wide cells.
template <class Number>
Cells<Number> expected_cells(std::uint32_t seed, unsigned shift) {
  auto cells = first_cells<Number>();
  for (std::uint32_t i = 0; i < threads * rounds; ++i) {
    const auto value = static_cast<Number>(static_cast<Number>(mixed(seed ^ i)) << shift);
    cells[atomic_add] += value % 1000U;
    cells[atomic_max] = std::max(cells[atomic_max], value);
    cells[atomic_min] = std::min(cells[atomic_min], value);
    cells[atomic_xor] ^= value;
    cells[atomic_exchange_loop] += 3;
  }
  return cells;
}

void test_vram(Gpu& gpu, std::uint32_t seed) {
  const auto narrow = first_cells<std::uint32_t>();
  const auto wide = first_cells<std::uint64_t>();
  Vram<std::uint32_t> cells{std::span<const std::uint32_t>(narrow)};
  Vram<std::uint64_t> wide_cells{std::span<const std::uint64_t>(wide)};
  gpu.launch("selftest_atomics", groups, nullptr, cells.at(), wide_cells.at(), seed, rounds);
  gpu.wait();
  compare<std::uint32_t>(cells.read(), expected_cells<std::uint32_t>(seed, 0), "32-bit atomics");
  compare<std::uint64_t>(wide_cells.read(), expected_cells<std::uint64_t>(seed, 8),
                         "64-bit atomics");
}

void test_in_lds(Gpu& gpu, std::uint32_t seed) {
  const auto first = first_cells<std::uint32_t>();
  Vram<std::uint32_t> cells{std::span<const std::uint32_t>(first)};
  gpu.launch("selftest_lds_atomics", groups, nullptr, cells.at(), seed, rounds);
  gpu.wait();
  compare<std::uint32_t>(cells.read(), expected_cells<std::uint32_t>(seed, 0), "atomics in LDS");
}

void test_host(Gpu& gpu) {
  constexpr std::uint32_t by_cpu = 20'000;
  void* host = nullptr;
  void* device = nullptr;
  require(hipHostMalloc(&host, sizeof(std::uint32_t), hipHostMallocCoherent), "hipHostMalloc");
  require(hipHostGetDevicePointer(&device, host, 0), "hipHostGetDevicePointer");
  auto* const cell = static_cast<std::uint32_t*>(host);
  *cell = 0;
  gpu.launch("selftest_host_atomics", groups, nullptr, static_cast<std::uint32_t*>(device), rounds);
  for (std::uint32_t i = 0; i < by_cpu; ++i) {
    __atomic_fetch_add(cell, 1U, __ATOMIC_RELAXED);
  }
  gpu.wait();
  const std::uint32_t expected = threads * rounds + by_cpu;
  const std::uint32_t seen = __atomic_load_n(cell, __ATOMIC_ACQUIRE);
  static_cast<void>(hipHostFree(host));
  compare<std::uint32_t>({&seen, 1}, {&expected, 1},
                         "a kernel and the CPU add to one word (PCIe AtomicOps)");
}

}  // namespace

void test_atomics(const Task& task, int where) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    switch (where) {
      case in_vram:
        test_vram(gpu, passes.seed());
        break;
      case in_lds:
        test_in_lds(gpu, passes.seed());
        break;
      default:
        test_host(gpu);
    }
  }
  passes.finish_right("atomic operations that may not get lost");
}

}  // namespace rocmfix::selftest
