// SPDX-License-Identifier: MIT
#include "hsa/hsa_slots.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <set>
#include <utility>

namespace rocmfix::hip {
namespace {

// tests/hip/programs/abi.cpp holds the offsets against the headers of the runtimes themselves.
TEST(HsaSlots, TablesHaveNoSlotTwiceAndNoneOutside) {
  for (const AmdExtLayout& layout : amd_ext_layouts()) {
    std::array<uint16_t, sizeof(AmdExtSlots) / sizeof(uint16_t)> offsets{};
    memcpy(offsets.data(), &layout.slots, sizeof layout.slots);
    std::set<uint16_t> seen;
    for (const uint16_t offset : offsets) {
      if (offset == 0) {
        continue;
      }
      EXPECT_TRUE(seen.insert(offset).second) << layout.source << " " << offset;
      EXPECT_EQ(offset % 8, 0) << layout.source;
      EXPECT_GE(offset, sizeof(hsa::TableVersion)) << layout.source;
      EXPECT_LE(offset + 8U, layout.size) << layout.source;
    }
    EXPECT_GE(seen.size(), 10U) << layout.source;
  }
}

TEST(HsaSlots, KnownTables) {
  const auto lock_to_pool = [](uint32_t major_id, uint32_t size) -> int {
    const AmdExtLayout* found = find_amd_ext_layout({major_id, size, 0, 0});
    return found == nullptr ? 0 : found->slots.lock_to_pool;
  };
  EXPECT_EQ(lock_to_pool(1, 400), 336) << "Debian 12, ROCr 5.2.3";
  EXPECT_EQ(lock_to_pool(1, 424), 336) << "ROCr 5.5";
  EXPECT_EQ(lock_to_pool(1, 456), 352) << "ROCr 5.6 and 5.7 moved it within major version 1";
  EXPECT_EQ(lock_to_pool(2, 560), 352) << "Debian 13, ROCr 6.1.2";
  EXPECT_EQ(lock_to_pool(2, 592), 352) << "sid, ROCr 6.4.3";
  EXPECT_EQ(lock_to_pool(2, 640), 352) << "a later one has only appended";
}

TEST(HsaSlots, UnknownTablesAreRefused) {
  for (const auto& [major_id, size] : {std::pair<uint32_t, uint32_t>{0, 400},
                                       {1, 0},
                                       {1, 360},
                                       {1, 408},
                                       {1, 464},
                                       {1, 560},
                                       {2, 0},
                                       {2, 400},
                                       {2, 544},
                                       {2, 561},
                                       {3, 592},
                                       {3, 1000}}) {
    EXPECT_EQ(find_amd_ext_layout({major_id, size, 0, 0}), nullptr) << major_id << "/" << size;
  }
  EXPECT_EQ(find_core_slots({1, 1000, 0, 0}), nullptr);
  EXPECT_EQ(find_core_slots({3, 1016, 0, 0}), nullptr);
  EXPECT_NE(find_core_slots({1, 1016, 0, 0}), nullptr);
  EXPECT_NE(find_core_slots({2, 1024, 0, 0}), nullptr);
}

TEST(HsaSlots, PhysicalMemoryOnlySinceVersionTwo) {
  EXPECT_EQ(find_amd_ext_layout({1, 456, 0, 0})->slots.vmem_map, 0);
  EXPECT_EQ(find_amd_ext_layout({2, 560, 0, 0})->slots.vmem_map, 488);
}

}  // namespace
}  // namespace rocmfix::hip
