// SPDX-License-Identifier: MIT
// Memory that is taken and given back while other threads use theirs: every block is filled when it
// is taken, and verified before it is given back.
#include <algorithm>
#include <random>
#include <thread>

#include "selftest/gpu.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

constexpr unsigned threads = 4;
constexpr unsigned blocks_a_thread = 24;
constexpr unsigned steps = 64;
constexpr unsigned groups = 64;

struct Block {
  void* at = nullptr;
  std::uint64_t words = 0;
  std::uint32_t seed = 0;
};

class Churner {
 public:
  Churner(const Task& task, Gpu& gpu, std::uint32_t seed)
      : gpu_(gpu), device_(task.device), random_(seed) {
    // Of all threads' blocks together, in words.
    const std::uint64_t most_mib = task.memory_mib == 0 ? 512 : task.memory_mib;
    most_words_ = std::max<std::uint64_t>(
        1024, most_mib * (std::uint64_t{1} << 18U) / threads / blocks_a_thread);
  }

  void run() {
    require(hipSetDevice(device_), "hipSetDevice");  // of this thread
    require(hipStreamCreateWithFlags(&stream_, hipStreamNonBlocking), "a stream");
    Finding finding;
    std::vector<Block> blocks;
    for (unsigned step = 0; step < steps; ++step) {
      if (blocks.size() < blocks_a_thread && random_() % 3 != 0) {
        blocks.push_back(take());
      } else if (!blocks.empty()) {
        const std::size_t which = random_() % blocks.size();
        give_back(blocks[which], finding);
        blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    for (const Block& block : blocks) {
      give_back(block, finding);
    }
    require(hipStreamDestroy(stream_), "hipStreamDestroy");
  }

 private:
  Block take() {
    Block block;
    block.words = 1 + random_() % most_words_;
    block.seed = static_cast<std::uint32_t>(random_());
    require(hipMalloc(&block.at, block.words * sizeof(std::uint32_t)), "hipMalloc");
    gpu_.launch("selftest_fill", groups, stream_, static_cast<std::uint32_t*>(block.at),
                block.words, static_cast<std::uint32_t>(pattern_random), block.seed);
    return block;
  }

  void give_back(const Block& block, Finding& finding) {
    gpu_.wait(stream_);
    finding.clear();
    gpu_.launch("selftest_verify", groups, stream_, static_cast<const std::uint32_t*>(block.at),
                block.words, static_cast<std::uint32_t>(pattern_random), block.seed, finding.at());
    gpu_.wait(stream_);
    finding.judge(block.words, "a block that was another thread's neighbour");
    require(hipFree(block.at), "hipFree");
  }

  Gpu& gpu_;
  int device_;
  hipStream_t stream_ = nullptr;
  std::mt19937_64 random_;
  std::uint64_t most_words_ = 0;
};

}  // namespace

void test_churn(const Task& task, int /*argument*/) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    std::vector<std::thread> running;
    for (unsigned i = 0; i < threads; ++i) {
      const std::uint32_t seed = mixed(passes.seed() + i);
      running.emplace_back([&task, &gpu, seed] { Churner(task, gpu, seed).run(); });
    }
    for (std::thread& thread : running) {
      thread.join();
    }
  }
  passes.finish_right(formatted("{} threads that take and give back", threads));
}

}  // namespace rocmfix::selftest
