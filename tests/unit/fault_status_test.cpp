// SPDX-License-Identifier: MIT
// The fault status register against the masks of the kernel's headers, copied here by hand.
#include "explain/fault_status.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

namespace rocmfix {
namespace {

struct Mask {
  const char* name;
  unsigned shift;
  std::uint32_t mask;
  unsigned FaultStatus::*field;
};

// GCVM_L2_PROTECTION_FAULT_STATUS__* of gc_10_1_0_sh_mask.h; gc_10_3_0_sh_mask.h and (MMVM_)
// mmhub_2_0_0_sh_mask.h have the same. Linux 6.1.192 and 7.3.4.
constexpr std::array<Mask, 10> masks = {{
    {"MORE_FAULTS", 0x0, 0x00000001, &FaultStatus::more_faults},
    {"WALKER_ERROR", 0x1, 0x0000000E, &FaultStatus::walker_error},
    {"PERMISSION_FAULTS", 0x4, 0x000000F0, &FaultStatus::permission_faults},
    {"MAPPING_ERROR", 0x8, 0x00000100, &FaultStatus::mapping_error},
    {"CID", 0x9, 0x0003FE00, &FaultStatus::cid},
    {"RW", 0x12, 0x00040000, &FaultStatus::rw},
    {"ATOMIC", 0x13, 0x00080000, &FaultStatus::atomic},
    {"VMID", 0x14, 0x00F00000, &FaultStatus::vmid},
    {"VF", 0x18, 0x01000000, &FaultStatus::vf},
    {"VFID", 0x19, 0x3E000000, &FaultStatus::vfid},
}};

TEST(FaultStatus, EveryFieldIsWhereTheHeaderHasIt) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same every time
  for (int round = 0; round < 20000; ++round) {
    const auto status = static_cast<std::uint32_t>(random());
    const FaultStatus fields = decode_fault_status(status);
    for (const Mask& mask : masks) {
      ASSERT_EQ(fields.*mask.field, (status & mask.mask) >> mask.shift) << mask.name;
    }
  }
}

TEST(FaultStatus, OneWhoseFieldsTheDriverPrintedToo) {
  // MORE_FAULTS 1, PERMISSION_FAULTS 3, client 8, a write, VMID 6.
  const FaultStatus fields = decode_fault_status(0x00641031);
  EXPECT_EQ(fields.more_faults, 1U);
  EXPECT_EQ(fields.walker_error, 0U);
  EXPECT_EQ(fields.permission_faults, 3U);
  EXPECT_EQ(fields.cid, 8U);
  EXPECT_EQ(fields.rw, 1U);
  EXPECT_EQ(fields.vmid, 6U);
}

TEST(FaultStatus, ClientsOfTheGraphicsHub) {
  const FaultRules rules = FaultRules::built_in();
  const auto name = [&](unsigned cid) {
    return client_name(rules.clients(), "gfxhub", cid, false);
  };
  EXPECT_EQ(name(0), "CB/DB");
  EXPECT_EQ(name(5), "CPC");
  EXPECT_EQ(name(8), "TCP");
  EXPECT_EQ(name(10), "SQC (data)");
  EXPECT_EQ(name(13), "SDMA0");
  EXPECT_EQ(name(17), "SDMA3");
  EXPECT_EQ(name(18), "");
  EXPECT_EQ(name(511), "");
}

TEST(FaultStatus, AClientThatChipsNameDifferentlyHasNoNameWithoutTheChip) {
  const FaultRules rules = FaultRules::built_in();
  EXPECT_EQ(client_name(rules.clients(), "mmhub", 3, false), "");  // DCEDMC, on Van Gogh DCEVGA
  const ClientTable navi10 = {"n", "mmhub", Strings{}, Strings{}, "s"};
  EXPECT_EQ(client_name({&navi10, 1}, "mmhub", 3, false), "");
}

TEST(FaultRules, AFieldIsAtItsPlaceInTheTable) {
  for (std::size_t i = 0; i < fault_fields.size(); ++i) {
    const FieldRule& rule = fault_fields.at(i);
    EXPECT_EQ(static_cast<std::size_t>(rule.field), i) << rule.name;
    EXPECT_EQ(parse_fault_field(rule.name), rule.field);
  }
  EXPECT_FALSE(parse_fault_field("lines"));
}

}  // namespace
}  // namespace rocmfix
