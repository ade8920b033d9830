// SPDX-License-Identifier: MIT
// All tests by name, in the order in which they are run: what the later ones need is tested first.
#include <algorithm>
#include <array>

#include "selftest/litmus/cases.hpp"
#include "selftest/test.hpp"
#include "selftest/torch_cases.hpp"

namespace rocmfix::selftest {

namespace {

constexpr Test coherence_of(std::string_view name, int litmus_case) {
  return {name, "coherence", litmus::cases[litmus_case].summary, test_coherence, litmus_case, 1};
}

constexpr Test torch_of(int number) {
  constexpr double searches_s = 900;  // MIOpen compiles and tries solvers
  const TorchCase& one = torch_cases.at(static_cast<std::size_t>(number));
  return {one.name, "torch", one.summary, test_torch, number, 2, false, {}, searches_s};
}

constexpr auto tests = std::to_array<Test>({
    {"runtime", "runtime", "the HIP runtime, the GPU, and code for it", test_runtime},

    {"lds", "memory", "LDS: written by one thread, read by another", test_lds, 0, 1},
    {"scratch", "memory", "private memory of every thread", test_scratch, 0, 1},
    {"memory-vram", "memory", "hipMalloc: patterns over half of the free VRAM", test_memory,
     litmus_vram, 20},
    {"memory-vram-finegrained", "memory", "hipExtMallocWithFlags(Finegrained)", test_memory,
     litmus_vram_finegrained, 2},
    {"memory-vram-uncached", "memory", "hipExtMallocWithFlags(Uncached)", test_memory,
     litmus_vram_uncached, 2},
    {"memory-host", "memory", "hipHostMalloc(0): PyTorch's pinned memory", test_memory,
     litmus_host_default, 4},
    {"memory-host-mapped", "memory", "hipHostMalloc(Mapped)", test_memory, litmus_host_mapped, 2},
    {"memory-host-coherent", "memory", "hipHostMalloc(Coherent)", test_memory, litmus_host_coherent,
     2},
    {"memory-host-noncoherent", "memory", "hipHostMalloc(NonCoherent)", test_memory,
     litmus_host_noncoherent, 2},
    {"memory-managed", "memory", "hipMallocManaged", test_memory, litmus_managed, 4},
    {"memory-registered", "memory", "hipHostRegister of private memory", test_memory,
     litmus_registered, 2},
    {"memory-registered-shared", "memory", "hipHostRegister of MAP_SHARED memory", test_memory,
     litmus_registered_shared, 2},
    {"copy", "memory", "copies of every direction by the runtime: SDMA where it uses it",
     test_copies, 0, 6},
    {"copy-no-sdma", "memory", "the same by the runtime's own kernels", test_copies, 0, 4, false,
     "HSA_ENABLE_SDMA=0"},
    {"copy-kernel", "memory", "the same, within the GPU by a kernel of ours", test_copies, 1, 4},
    {"churn", "memory", "threads that take and give back VRAM, on streams of their own", test_churn,
     0, 10},

    coherence_of("coherence-host", 0),
    coherence_of("coherence-host-mapped", 1),
    coherence_of("coherence-host-coherent", 2),
    coherence_of("coherence-host-noncoherent", 3),
    coherence_of("coherence-managed", 4),
    coherence_of("coherence-registered", 5),
    coherence_of("coherence-registered-shared", 6),
    coherence_of("coherence-shm-cpu", 7),
    coherence_of("coherence-shm-gpu", 8),
    coherence_of("coherence-vram-finegrained", 9),
    coherence_of("coherence-vram-uncached", 10),
    coherence_of("coherence-vram", 11),

    {"integer", "arithmetic", "32 and 64-bit integers", test_integer, 0, 2},
    {"float", "arithmetic", "fp32, to the last bit", test_float, 0, 4},
    {"double", "arithmetic", "fp64, to the last bit", test_double, 0, 2},
    {"half", "arithmetic", "fp16, packed, to the last bit", test_half, 0, 4},
    {"int8-tiles", "arithmetic", "products of matrices of bytes, by dot products where there are",
     test_int8_tiles, 0, 3},
    {"float-tiles", "arithmetic", "products of matrices of floats", test_float_tiles, 0, 3},
    {"lanes", "arithmetic", "between lanes: DPP, ds_swizzle, permlane and others", test_lanes, 0,
     3},
    {"atomics", "arithmetic", "atomic operations on VRAM", test_atomics, 0, 3},
    {"atomics-lds", "arithmetic", "atomic operations on LDS", test_atomics, 1, 2},
    {"atomics-host", "arithmetic", "a kernel and the CPU add to one word of host memory",
     test_atomics, 2, 2},

    torch_of(0),
    torch_of(1),
    torch_of(2),
    torch_of(3),
    torch_of(4),
    torch_of(5),
    torch_of(6),
    torch_of(7),
    torch_of(8),
    torch_of(9),
    torch_of(10),
    torch_of(11),
    torch_of(12),
    torch_of(13),

    {"fault-read", "faults", "a read of an unmapped page is reported", test_fault, 0, 0, true},
    {"fault-write", "faults", "a write to an unmapped page is reported", test_fault, 1, 0, true},
    {"fault-read-only", "faults", "a write to a read-only page is reported", test_fault, 2, 0,
     true},
    {"fault-recovery", "faults", "after a fault, the next process computes", test_recovery, 0, 0},
});

constexpr bool coherence_names_match() {
  return std::ranges::all_of(tests, [](const Test& test) {
    return test.group != "coherence" || test.name.substr(sizeof "coherence") ==
                                            std::string_view(litmus::cases[test.argument].name);
  });
}
static_assert(coherence_names_match());
static_assert(torch_cases.size() == 14);  // all of them are in the table

}  // namespace

std::span<const Test> all_tests() {
  return tests;
}

}  // namespace rocmfix::selftest
