// SPDX-License-Identifier: MIT
#include "hip/coherence.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rocmfix::hip {
namespace {

struct Row {
  const char* what;
  Api api;
  uint32_t flags;
  bool data;
  bool all;
};

// Which allocation becomes non-coherent, by policy. `off` changes nothing, and `auto` changes what
// `data` does in a process with one GPU where no communication library asks.
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

bool changes(CoherencePolicy policy, MemoryKind kind, const CoherenceRequest& request = {}) {
  return reason_to_keep(policy, kind, request) == Reason::none;
}

TEST(Coherence, Table) {
  for (const Row& row : rows) {
    const MemoryKind kind = memory_kind_of(row.api, row.flags);
    EXPECT_FALSE(changes(CoherencePolicy::off, kind)) << row.what;
    EXPECT_EQ(changes(CoherencePolicy::automatic, kind), row.data) << row.what;
    EXPECT_EQ(changes(CoherencePolicy::data, kind), row.data) << row.what;
    EXPECT_EQ(changes(CoherencePolicy::all, kind), row.all) << row.what;
  }
}

constexpr CoherenceRequest by_communicator{.communicator = true};
constexpr CoherenceRequest of_shared{.sharing = Sharing::shared};
constexpr CoherenceRequest of_unknown{.sharing = Sharing::unknown};
constexpr CoherenceRequest with_several_gpus{.several_gpus = true};

TEST(Coherence, AutoLeavesWhatAPollingKernelMayNeed) {
  const auto reason = [](const CoherenceRequest& request) {
    return reason_to_keep(CoherencePolicy::automatic, MemoryKind::data, request);
  };
  EXPECT_EQ(reason({}), Reason::none);
  EXPECT_EQ(reason(by_communicator), Reason::communicator);
  EXPECT_EQ(reason(of_shared), Reason::shared);
  EXPECT_EQ(reason(of_unknown), Reason::unknown_mapping);
  EXPECT_EQ(reason(with_several_gpus), Reason::several_gpus);
  // The most specific reason is the one that is reported.
  EXPECT_EQ(reason({.communicator = true, .sharing = Sharing::shared, .several_gpus = true}),
            Reason::communicator);
  EXPECT_EQ(reason({.sharing = Sharing::shared, .several_gpus = true}), Reason::shared);
}

TEST(Coherence, TheUsersChoiceGoesBeforeAllOfThat) {
  for (const CoherenceRequest& each : {by_communicator, of_shared, of_unknown, with_several_gpus}) {
    EXPECT_TRUE(changes(CoherencePolicy::data, MemoryKind::data, each));
    EXPECT_TRUE(changes(CoherencePolicy::all, MemoryKind::data, each));
    EXPECT_TRUE(changes(CoherencePolicy::all, MemoryKind::coherent, each));
    EXPECT_FALSE(changes(CoherencePolicy::off, MemoryKind::data, each));
    EXPECT_EQ(reason_to_keep(CoherencePolicy::data, MemoryKind::coherent, each), Reason::asked);
    EXPECT_EQ(reason_to_keep(CoherencePolicy::automatic, MemoryKind::coherent, each),
              Reason::asked);
  }
}

TEST(Coherence, WhatIsNotDataIsNeverChanged) {
  for (const CoherencePolicy policy : {CoherencePolicy::off, CoherencePolicy::automatic,
                                       CoherencePolicy::data, CoherencePolicy::all}) {
    EXPECT_EQ(reason_to_keep(policy, MemoryKind::none, {}), Reason::not_data);
    EXPECT_EQ(reason_to_keep(policy, MemoryKind::exempt, {}), Reason::not_data);
  }
}

}  // namespace
}  // namespace rocmfix::hip
