// SPDX-License-Identifier: MIT
#include "coherence.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rocmfix::hip {
namespace {

struct Row {
  const char* what;
  Api api;
  uint32_t flags;
  bool automatic;
  bool all;
};

// Which allocation becomes non-coherent, by policy. `off` changes nothing.
constexpr Row rows[] = {
    {"no call of the program", Api::none, 0, false, false},
    {"hipHostMalloc(0), PyTorch's pinned memory", Api::hipHostMalloc, 0, true, true},
    {"hipHostMalloc(Portable)", Api::hipHostMalloc, 1, true, true},
    {"hipHostMalloc(Mapped)", Api::hipHostMalloc, 2, true, true},
    {"hipHostMalloc(WriteCombined)", Api::hipHostMalloc, 4, true, true},
    {"hipHostMalloc(NumaUser)", Api::hipHostMalloc, 0x20000000, true, true},
    {"hipHostMalloc(NonCoherent)", Api::hipHostMalloc, 0x80000000, true, true},
    {"hipHostMalloc(Coherent)", Api::hipHostMalloc, 0x40000000, false, true},
    {"hipHostMalloc(Coherent|Mapped)", Api::hipHostMalloc, 0x40000002, false, true},
    {"hipHostMalloc(Uncached)", Api::hipHostMalloc, 0x10000000, false, true},
    {"hipHostAlloc(0)", Api::hipHostAlloc, 0, true, true},
    {"hipMallocHost", Api::hipMallocHost, 0, true, true},
    {"hipMallocManaged", Api::hipMallocManaged, 1, true, true},
    {"hipHostRegister(0)", Api::hipHostRegister, 0, true, true},
    {"hipHostRegister(Mapped)", Api::hipHostRegister, 2, true, true},
    {"hipHostRegister(IoMemory): a device's registers", Api::hipHostRegister, 4, false, false},
    {"hipExtHostRegisterUncached", Api::hipHostRegister, 0x80000000, false, true},
    {"hipMalloc", Api::hipMalloc, 0, true, true},
    {"hipExtMallocWithFlags(Default)", Api::hipExtMallocWithFlags, 0, true, true},
    {"hipExtMallocWithFlags(Finegrained)", Api::hipExtMallocWithFlags, 1, false, true},
    {"hipExtMallocWithFlags(Signal)", Api::hipExtMallocWithFlags, 2, false, false},
    {"hipExtMallocWithFlags(Uncached)", Api::hipExtMallocWithFlags, 3, false, true},
};

TEST(Coherence, Table) {
  for (const Row& row : rows) {
    const Wish wish = wish_of(row.api, row.flags);
    EXPECT_FALSE(make_noncoherent(CoherencePolicy::off, wish)) << row.what;
    EXPECT_EQ(make_noncoherent(CoherencePolicy::automatic, wish), row.automatic) << row.what;
    EXPECT_EQ(make_noncoherent(CoherencePolicy::all, wish), row.all) << row.what;
  }
}

}  // namespace
}  // namespace rocmfix::hip
