// SPDX-License-Identifier: MIT
// pairs PAIRS: ns for one hipFree and one hipMalloc in the pattern of PyTorch's allocator:
// blocks of 2 MiB for what is not larger than 1 MiB, of 20 MiB for what is smaller than 10 MiB, and
// else of a multiple of 2 MiB (c10: kSmallBuffer, kLargeBuffer, kMinLargeAlloc, kRoundLarge); they
// live long, and the oldest goes first. Also hipMalloc + hipFree of 1 MiB, which ROCr takes from a
// block that it holds, and hipHostMalloc + hipHostFree. A round of PAIRS each for every line on
// stdin, answered with a line of JSON, so that bench/hip can have it take turns with another.
#include <chrono>
#include <cstdint>
#include <vector>

#include "hip.hpp"

namespace {

using hip_clock = std::chrono::steady_clock;

// A round begins with some pairs that are not timed: another program has just used the processor.
constexpr int to_warm_up = 10;

double ns_per_pair(hip_clock::time_point start, int pairs) {
  return std::chrono::duration<double, std::nano>(hip_clock::now() - start).count() / pairs;
}

/// Live blocks; each has its size, so that the memory in use stays the same.
class LongLived {
 public:
  LongLived(std::initializer_list<size_t> sizes_in_mib, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const size_t mib = sizes_in_mib.begin()[i % sizes_in_mib.size()];
      blocks_.push_back({nullptr, mib << 20U});
      check(hipMalloc(&blocks_.back().pointer, blocks_.back().size));
    }
  }

  double replace_oldest(int pairs) {
    replace(to_warm_up);
    const auto start = hip_clock::now();
    replace(pairs);
    return ns_per_pair(start, pairs);
  }

 private:
  struct Block {
    void* pointer;
    size_t size;
  };

  void replace(int pairs) {
    for (int i = 0; i < pairs; ++i) {
      Block& block = blocks_[oldest_];
      oldest_ = (oldest_ + 1) % blocks_.size();
      check(hipFree(block.pointer));
      check(hipMalloc(&block.pointer, block.size));
    }
  }

  std::vector<Block> blocks_;
  size_t oldest_ = 0;
};

double take_and_free(int pairs, hipError_t (*take)(void**), hipError_t (*give_back)(void*)) {
  auto start = hip_clock::now();
  for (int i = -to_warm_up; i < pairs; ++i) {
    if (i == 0) {
      start = hip_clock::now();
    }
    void* p = nullptr;
    check(take(&p));
    check(give_back(p));
  }
  return ns_per_pair(start, pairs);
}

}  // namespace

int main(int argc, char** argv) {
  const int pairs = argc > 1 ? atoi(argv[1]) : 20;
  check(hipInit(0));
  if (pairs == 0) {
    return 0;  // for the cost of a start
  }
  LongLived small({2}, 64);
  LongLived large({20}, 16);
  LongLived larger({10, 12, 14, 26, 64}, 15);
  while (getchar() != EOF) {
    const double two_mib = small.replace_oldest(pairs);
    const double twenty_mib = large.replace_oldest(pairs);
    const double multiples = larger.replace_oldest(pairs);
    const double one_mib = take_and_free(
        pairs, [](void** p) { return hipMalloc(p, 1 << 20); }, [](void* p) { return hipFree(p); });
    const double host = take_and_free(
        pairs, [](void** p) { return hipHostMalloc(p, 1 << 20, 0); },
        [](void* p) { return hipHostFree(p); });
    printf(R"({"2 MiB": %.1f, "20 MiB": %.1f, "multiples": %.1f, "1 MiB": %.1f, "host": %.1f})"
           "\n",
           two_mib, twenty_mib, multiples, one_mib, host);
    fflush(stdout);
  }
  return 0;
}
