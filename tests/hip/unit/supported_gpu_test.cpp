// SPDX-License-Identifier: MIT
#include "hsa/supported_gpu.hpp"

#include <gtest/gtest.h>

namespace rocmfix::hip {
namespace {

TEST(SupportedGpu, Rdna1AndRdna2) {
  for (const char* name : {"gfx1010", "gfx1011", "gfx1012", "gfx1013", "gfx1030", "gfx1031",
                           "gfx1032", "gfx1033", "gfx1034", "gfx1035", "gfx1036"}) {
    EXPECT_TRUE(is_supported_gpu(name, 0)) << name;
  }
}

TEST(SupportedGpu, NothingElse) {
  for (const char* name :
       {"", "gfx", "gfx900", "gfx906", "gfx90a", "gfx942", "gfx1100", "gfx1103", "gfx1151",
        "gfx1200", "gfx1020", "gfx101", "gfx10300", "gfx103z", "AMD Ryzen", "xgfx1030"}) {
    EXPECT_FALSE(is_supported_gpu(name, 0)) << name;
  }
}

// HSA_OVERRIDE_GFX_VERSION=10.3.0 on an RX 7900: ROCr says gfx1030, the kernel 11.0.0.
TEST(SupportedGpu, OverriddenNameDoesNotCount) {
  EXPECT_FALSE(is_supported_gpu("gfx1030", 110000));
  EXPECT_FALSE(is_supported_gpu("gfx1030", 90006));
  EXPECT_TRUE(is_supported_gpu("gfx1030", 100302)) << "an RX 6600 with the usual override";
  EXPECT_TRUE(is_supported_gpu("gfx1010", 100100));
  EXPECT_FALSE(is_supported_gpu("gfx1100", 100300)) << "the other way round";
}

TEST(SupportedGpu, VersionInTheNodesProperties) {
  EXPECT_EQ(gfx_version_of_node("cpu_cores_count 0\ngfx_target_version 100302\nvendor_id 4098\n"),
            100302U);
  EXPECT_EQ(gfx_version_of_node("gfx_target_version 100100"), 100100U);
  EXPECT_EQ(gfx_version_of_node("max_gfx_target_version 7\nvendor_id 4098\n"), 0U);
  EXPECT_EQ(gfx_version_of_node("max_gfx_target_version 7\ngfx_target_version 8\n"), 8U);
  EXPECT_EQ(gfx_version_of_node(""), 0U);
}

}  // namespace
}  // namespace rocmfix::hip
