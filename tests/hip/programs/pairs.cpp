// SPDX-License-Identifier: MIT
// pairs ROUNDS PAIRS: ns for hipMalloc + hipFree of 1 MiB, which ROCr takes from a block that it
// holds, and of 64 MiB, for which it asks the kernel, and for hipHostMalloc + hipHostFree; in turn,
// a line of JSON a round. bench/hip runs it with and without the layer.
#include <chrono>
#include <cstdint>

#include "hip.hpp"

namespace {

double ns_per_pair(int pairs, hipError_t (*take)(void**), hipError_t (*give_back)(void*)) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < pairs; ++i) {
    void* p = nullptr;
    check(take(&p));
    check(give_back(p));
  }
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  return taken.count() / pairs;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 10;
  const int pairs = argc > 2 ? atoi(argv[2]) : 200;
  check(hipInit(0));
  for (int i = -1; i < rounds; ++i) {  // the first is to warm up
    const double device = ns_per_pair(
        pairs, [](void** p) { return hipMalloc(p, 1 << 20); }, [](void* p) { return hipFree(p); });
    const double large = ns_per_pair(
        pairs, [](void** p) { return hipMalloc(p, 64 << 20); }, [](void* p) { return hipFree(p); });
    const double host = ns_per_pair(
        pairs, [](void** p) { return hipHostMalloc(p, 1 << 20, 0); },
        [](void* p) { return hipHostFree(p); });
    if (i >= 0) {
      printf("{\"device\": %.1f, \"large\": %.1f, \"host\": %.1f}\n", device, large, host);
      fflush(stdout);
    }
  }
  return 0;
}
