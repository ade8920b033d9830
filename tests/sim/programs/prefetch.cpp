// SPDX-License-Identifier: MIT
// Managed memory, prefetched to the GPU and back to the CPU, each behind a mark.
#include "probe.hpp"

int main() {
  constexpr size_t size = 3U << 20U;
  void* at = nullptr;
  REQUIRE(hipMallocManaged(&at, size));
  probe::mark("to the GPU");
  REQUIRE(hipMemPrefetchAsync(at, size, 0, nullptr));
  REQUIRE(hipStreamSynchronize(nullptr));
  probe::mark("to the CPU");
  REQUIRE(hipMemPrefetchAsync(at, size, hipCpuDeviceId, nullptr));
  REQUIRE(hipStreamSynchronize(nullptr));
  probe::mark("end");
  REQUIRE(hipFree(at));
  return 0;
}
