// SPDX-License-Identifier: MIT
// pairs ROUNDS PAIRS: ns for hipMalloc + hipFree of 1 MiB, which ROCr takes from a block that it
// holds, and of the 2 MiB and the 20 MiB that PyTorch's allocator asks for (c10's
// CUDACachingAllocator.cpp: kSmallBuffer, kLargeBuffer), for which it asks the kernel, and for
// hipHostMalloc + hipHostFree; in turn, a line of JSON a round. bench/hip runs it with and without
// the interposer.
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

template <size_t mib>
double device_pair(int pairs) {
  return ns_per_pair(
      pairs, [](void** p) { return hipMalloc(p, mib << 20U); }, [](void* p) { return hipFree(p); });
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 10;
  const int pairs = argc > 2 ? atoi(argv[2]) : 200;
  check(hipInit(0));
  for (int i = -1; i < rounds; ++i) {  // the first is to warm up
    const double one_mib = device_pair<1>(pairs);
    const double two_mib = device_pair<2>(pairs);
    const double twenty_mib = device_pair<20>(pairs);
    const double host = ns_per_pair(
        pairs, [](void** p) { return hipHostMalloc(p, 1 << 20, 0); },
        [](void* p) { return hipHostFree(p); });
    if (i >= 0) {
      printf(R"({"1 MiB": %.1f, "2 MiB": %.1f, "20 MiB": %.1f, "host": %.1f})"
             "\n",
             one_mib, two_mib, twenty_mib, host);
      fflush(stdout);
    }
  }
  return 0;
}
