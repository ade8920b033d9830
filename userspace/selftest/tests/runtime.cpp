// SPDX-License-Identifier: MIT
// The first test: is there a HIP runtime, which one, does it see the GPU, and does it find code for
// it?
#include <array>

#include "selftest/gpu.hpp"
#include "selftest/hip/runtime.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

void test_runtime(const Task& task, int /*argument*/) {
  if (const auto loaded = load_hip(task.hip); !loaded) {
    finish(Outcome::unavailable, loaded.error().what + "; " + loaded.error().hint);
  }
  int count = 0;
  if (hipGetDeviceCount(&count) == hipErrorNoDevice) {
    finish(Outcome::unavailable, "the HIP runtime sees no GPU: rocmfix doctor says why");
  }
  Gpu gpu(task);
  std::array<char, 64> bdf{};
  require(hipDeviceGetPCIBusId(bdf.data(), static_cast<int>(bdf.size()), task.device),
          "hipDeviceGetPCIBusId");
  int version = 0;
  require(hipRuntimeGetVersion(&version), "hipRuntimeGetVersion");
  std::size_t free = 0;
  std::size_t total = 0;
  require(hipMemGetInfo(&free, &total), "hipMemGetInfo");
  say_figure("hip_version", version);
  say_figure("gpus", count);
  say_figure("vram_mib", static_cast<double>(total >> 20U));
  say_figure("free_vram_mib", static_cast<double>(free >> 20U));
  Finding finding;
  gpu.launch("selftest_scratch", 1, nullptr, task.seed, finding.at());
  gpu.wait();
  constexpr std::uint64_t words = 64;
  finding.judge(words * group_size, "the first kernel");
  finish(Outcome::right, formatted("{} {}", bdf.data(), hip_file()));
}

}  // namespace rocmfix::selftest
