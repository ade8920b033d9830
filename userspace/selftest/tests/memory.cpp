// SPDX-License-Identifier: MIT
// Memory of every kind: patterns that a kernel writes and a kernel reads, and, where a CPU can see
// the memory, that one of the two writes and the other one reads.
#include <algorithm>
#include <cstring>
#include <memory>

#include "selftest/gpu.hpp"
#include "selftest/litmus/memory.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

constexpr std::uint64_t mib = 1U << 20U;
constexpr std::uint64_t block_size = 64 * mib;
constexpr std::uint64_t words_a_thread = 16;

struct Block {
  LitmusMemory memory{};
  [[nodiscard]] std::uint32_t* device() const { return static_cast<std::uint32_t*>(memory.device); }
  [[nodiscard]] std::uint32_t* host() const { return static_cast<std::uint32_t*>(memory.host); }
  [[nodiscard]] std::uint64_t words() const { return memory.size / sizeof(std::uint32_t); }
  [[nodiscard]] unsigned groups() const {
    return static_cast<unsigned>(words() / words_a_thread / group_size);
  }
};

bool host_sees(LitmusKind kind) {
  return kind != litmus_vram && kind != litmus_vram_finegrained && kind != litmus_vram_uncached;
}

/// Host memory is the machine's: little of it, and less still where --memory asks for little.
std::uint64_t wanted_bytes(const Task& task, LitmusKind kind) {
  const std::uint64_t most = task.memory_mib * mib;
  if (host_sees(kind)) {
    constexpr std::uint64_t most_of_host = 256 * mib;
    return task.memory_mib == 0 ? most_of_host : std::min(most / 16, most_of_host);
  }
  std::size_t free = 0;
  std::size_t total = 0;
  require(hipMemGetInfo(&free, &total), "hipMemGetInfo");
  const std::uint64_t half = free / 2 / mib * mib;
  return task.memory_mib == 0 ? half : std::min(most, half);
}

/// As many blocks as there are, up to what is wanted. None: unavailable, with the reason.
std::vector<Block> take_blocks(const Task& task, LitmusKind kind) {
  std::vector<Block> blocks;
  const std::uint64_t wanted = std::max(mib / 16, wanted_bytes(task, kind));
  for (std::uint64_t taken = 0; taken < wanted;) {
    const std::uint64_t size = std::min(block_size, wanted - taken);
    Block block;
    const auto error = static_cast<hipError_t>(litmus_take(kind, size, nullptr, &block.memory));
    if (error != hipSuccess && blocks.empty()) {
      finish(Outcome::unavailable,
             formatted("this runtime does not give such memory: {}", hipGetErrorName(error)));
    }
    if (error != hipSuccess) {
      break;  // less than what was said to be free
    }
    blocks.push_back(block);
    taken += size;
  }
  return blocks;
}

class MemoryTest {
 public:
  MemoryTest(const Task& task, LitmusKind kind) : gpu_(task), blocks_(take_blocks(task, kind)) {}

  [[nodiscard]] double mib_taken() const {
    double bytes = 0;
    for (const Block& block : blocks_) {
      bytes += static_cast<double>(block.memory.size);
    }
    return bytes / static_cast<double>(mib);
  }

  /// All blocks are written before the first is read: nothing is read from a cache that is smaller.
  void between_kernels(std::uint32_t pattern, std::uint32_t seed) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      gpu_.launch("selftest_fill", blocks_[i].groups(), nullptr, blocks_[i].device(),
                  blocks_[i].words(), pattern, seed_of(seed, i));
    }
    gpu_.wait();
    read_by_kernel(pattern, seed, "written and read by kernels");
  }

  /// First the CPU writes, then the kernel.
  void between_cpu_and_kernels(std::uint32_t pattern, std::uint32_t seed) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      for (std::uint64_t word = 0; word < blocks_[i].words(); ++word) {
        blocks_[i].host()[word] = word_of(pattern, seed_of(seed, i), word);
      }
    }
    read_by_kernel(pattern, seed, "written by the CPU, read by a kernel");
    const std::uint32_t other = seed + 1;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      gpu_.launch("selftest_fill", blocks_[i].groups(), nullptr, blocks_[i].device(),
                  blocks_[i].words(), static_cast<std::uint32_t>(pattern_random),
                  seed_of(other, i));
      gpu_.wait();
      read_by_cpu(blocks_[i], seed_of(other, i));
    }
  }

 private:
  static std::uint32_t seed_of(std::uint32_t seed, std::size_t block) {
    return mixed(seed + static_cast<std::uint32_t>(block));
  }

  void read_by_kernel(std::uint32_t pattern, std::uint32_t seed, const char* what) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      finding_.clear();
      gpu_.launch("selftest_verify", blocks_[i].groups(), nullptr,
                  static_cast<const std::uint32_t*>(blocks_[i].device()), blocks_[i].words(),
                  pattern, seed_of(seed, i), finding_.at());
      gpu_.wait();
      finding_.judge(blocks_[i].words(), what);
    }
  }

  void read_by_cpu(const Block& block, std::uint32_t seed) const {
    for (std::uint64_t word = 0; word < block.words(); ++word) {
      const std::uint32_t expected = word_of(pattern_random, seed, word);
      const std::uint32_t seen = static_cast<const volatile std::uint32_t*>(block.host())[word];
      if (seen != expected) {
        finish(Outcome::wrong,
               formatted("written by a kernel, read by the CPU: word {} is {:#010x} instead of "
                         "{:#010x}",
                         word, seen, expected));
      }
    }
  }

  Gpu gpu_;
  std::vector<Block> blocks_;
  Finding finding_;
};

}  // namespace

void test_memory(const Task& task, int litmus_kind) {
  const auto kind = static_cast<LitmusKind>(litmus_kind);
  MemoryTest test(task, kind);
  Passes passes(task);
  while (passes.next()) {
    for (std::uint32_t pattern = 0; pattern < pattern_count; ++pattern) {
      test.between_kernels(pattern, passes.seed());
      if (host_sees(kind)) {
        test.between_cpu_and_kernels(pattern, passes.seed());
      }
    }
  }
  say_figure("memory_mib", test.mib_taken());
  passes.finish_right(formatted("{} patterns on {:.4g} MiB", static_cast<unsigned>(pattern_count),
                                test.mib_taken()));
}

void test_lds(const Task& task, int /*argument*/) {
  constexpr unsigned some_groups = 80;
  constexpr std::uint32_t rounds = pattern_count;
  constexpr std::uint64_t words = 8192;
  Gpu gpu(task);
  Finding finding;
  Passes passes(task);
  while (passes.next()) {
    finding.clear();
    gpu.launch("selftest_lds", some_groups, nullptr, passes.seed(), rounds, finding.at());
    gpu.wait();
    finding.judge(words * rounds * some_groups, "LDS");
  }
  passes.finish_right("32 KiB of LDS a workgroup");
}

void test_scratch(const Task& task, int /*argument*/) {
  constexpr unsigned some_groups = 160;
  constexpr std::uint64_t words = 64;
  Gpu gpu(task);
  Finding finding;
  Passes passes(task);
  while (passes.next()) {
    finding.clear();
    gpu.launch("selftest_scratch", some_groups, nullptr, passes.seed(), finding.at());
    gpu.wait();
    finding.judge(words * group_size * some_groups, "private memory");
  }
  passes.finish_right("private arrays");
}

}  // namespace rocmfix::selftest
