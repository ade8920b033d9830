// SPDX-License-Identifier: MIT
#include "hip/communicators.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rocmfix::hip {
namespace {

// File names as they are in packages and wheels.
TEST(Communicators, Known) {
  for (const char* name :
       {"librccl.so.1", "librccl.so", "librccl-2f9a11c0.so.1.0", "librccl-net.so", "libnccl.so.2",
        "libmpi.so.40", "libmpi_gtl_hsa.so.0", "libmpich.so.12", "libopen-pal.so.40",
        "mca_accelerator_rocm.so", "libucp.so.0", "libuct_rocm.so.0", "libucs.so.0", "libucm.so.0",
        "libucc.so.1", "libfabric.so.1", "libpsm3-fi.so", "librocshmem.so", "libgloo.so.0"}) {
    EXPECT_TRUE(is_communicator(name, "")) << name;
  }
}

TEST(Communicators, Others) {
  for (const char* name :
       {"", "the program", "libtorch_hip.so", "libtorch_cpu.so", "libc10_hip.so",
        "libamdhip64.so.5", "libMIOpen.so.1", "librocblas.so.4",
        "_C.cpython-311-x86_64-linux-gnu.so", "libsmartcols.so.1", "python3.11", "rccl",
        "my-librccl.so", "libroctx64.so.4", "libuv.so.1", "libmkl_rt.so.2"}) {
    EXPECT_FALSE(is_communicator(name, "")) << name;
  }
}

TEST(Communicators, Added) {
  const std::string added = "libring,libown-";
  EXPECT_TRUE(is_communicator("libring.so.3", added));
  EXPECT_TRUE(is_communicator("libown-comm.so", added));
  EXPECT_FALSE(is_communicator("libowner.so", added));
  EXPECT_FALSE(is_communicator("libtorch_hip.so", added));
  EXPECT_TRUE(is_communicator("librccl.so.1", added)) << "the built-in ones stay";
}

// No beginning may fit everything.
TEST(Communicators, TableHasNoShortNames) {
  EXPECT_GE(built_in_communicators.size(), 20U);
  for (const auto name : built_in_communicators) {
    EXPECT_GE(name.size(), 4U);
  }
}

}  // namespace
}  // namespace rocmfix::hip
