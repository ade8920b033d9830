// SPDX-License-Identifier: MIT
// Managed memory, advised to be coarse-grained and not again, each behind a mark.
#include "probe.hpp"

int main() {
  constexpr size_t size = 3U << 20U;
  void* at = nullptr;
  REQUIRE(hipMallocManaged(&at, size));
  probe::mark("SetCoarseGrain");
  REQUIRE(hipMemAdvise(at, size, hipMemAdviseSetCoarseGrain, 0));
  probe::mark("UnsetCoarseGrain");
  REQUIRE(hipMemAdvise(at, size, hipMemAdviseUnsetCoarseGrain, 0));
  probe::mark("end");
  REQUIRE(hipFree(at));
  return 0;
}
