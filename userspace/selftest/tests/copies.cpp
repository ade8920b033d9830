// SPDX-License-Identifier: MIT
// Copies in every direction, of sizes and at offsets that fit no line, checked by a sum over what
// arrived and over what must not have changed around it.
#include <algorithm>
#include <cstring>

#include "selftest/gpu.hpp"
#include "selftest/verdict.hpp"
#include "util/formatted.hpp"

namespace rocmfix::selftest {

namespace {

enum How { by_runtime, by_kernel };

constexpr std::size_t most_bytes = 4U << 20U;  // larger ones only repeat what these do
constexpr std::size_t margin = 4096;

using Bytes = std::vector<unsigned char>;

std::uint64_t checksum(const unsigned char* at, std::size_t size) {
  // FNV-1a: no two neighbours can be exchanged without it.
  std::uint64_t sum = 0xcbf29ce484222325U;
  for (std::size_t i = 0; i < size; ++i) {
    sum = (sum ^ at[i]) * 0x100000001b3U;
  }
  return sum;
}

Bytes random_bytes(std::size_t size, std::uint32_t seed) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<unsigned char>(word_of(pattern_random, seed, i));
  }
  return bytes;
}

/// Host memory that the runtime has pinned.
class Pinned {
 public:
  explicit Pinned(std::size_t size) { require(hipHostMalloc(&at_, size, 0), "hipHostMalloc"); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  ~Pinned() { static_cast<void>(hipHostFree(at_)); }
  [[nodiscard]] unsigned char* at() const { return static_cast<unsigned char*>(at_); }

 private:
  void* at_ = nullptr;
};

class CopyTest {
 public:
  CopyTest(const Task& task, How how)
      : gpu_(task),
        how_(how),
        most_(task.memory_mib == 0 ? most_bytes
                                   : std::min<std::size_t>(most_bytes, task.memory_mib << 16U)),
        room_(most_ + 2 * margin + 64),
        first_(room_),
        second_(room_),
        pinned_(room_),
        back_(room_) {
    require(hipStreamCreateWithFlags(&stream_, hipStreamNonBlocking), "a stream");
  }

  /// To the GPU, within it, and back; through pinned memory, and through memory that is not.
  void round(std::uint32_t seed) {
    const std::size_t size = size_of(seed);
    const std::size_t offset = how_ == by_kernel ? 0 : mixed(seed + 1) % 64;
    const Bytes data = random_bytes(size, seed);
    const Bytes around(room_, static_cast<unsigned char>(seed));
    for (const bool is_pinned : {true, false}) {
      first_.write(around);
      second_.write(around);
      std::memset(back_.at(), static_cast<int>(seed & 0xffU), room_);
      Bytes pageable = around;
      unsigned char* const to = (is_pinned ? back_.at() : pageable.data()) + margin + offset;
      const unsigned char* from = data.data();
      if (is_pinned) {
        std::memcpy(pinned_.at() + offset, data.data(), size);
        from = pinned_.at() + offset;
      }
      copy(first_.at() + margin + offset, from, size, hipMemcpyHostToDevice);
      copy(second_.at() + margin + offset, first_.at() + margin + offset, size,
           hipMemcpyDeviceToDevice);
      copy(to, second_.at() + margin + offset, size, hipMemcpyDeviceToHost);
      gpu_.wait(stream_, "waiting for a copy");
      judge(to, data, is_pinned ? "through pinned memory" : "through pageable memory");
      judge_around(second_.read(), margin + offset, size, static_cast<unsigned char>(seed));
      bytes_ += 3.0 * static_cast<double>(size);
    }
  }

  [[nodiscard]] double bytes() const { return bytes_; }

 private:
  /// From a few bytes to all; words for the kernel.
  [[nodiscard]] std::size_t size_of(std::uint32_t seed) const {
    const std::size_t size = 1 + mixed(seed + 2) % (std::size_t{1} << (mixed(seed + 3) % 23));
    const std::size_t some = std::min(size, most_);
    return how_ == by_kernel ? (some + 3) / 4 * 4 : some;
  }

  void copy(unsigned char* to, const unsigned char* from, std::size_t size, hipMemcpyKind kind) {
    if (how_ == by_kernel && kind == hipMemcpyDeviceToDevice) {
      constexpr unsigned groups = 256;
      gpu_.launch("selftest_copy", groups, stream_, reinterpret_cast<const std::uint32_t*>(from),
                  reinterpret_cast<std::uint32_t*>(to),
                  static_cast<std::uint64_t>(size / sizeof(std::uint32_t)));
      return;
    }
    require(hipMemcpyAsync(to, from, size, kind, stream_), "hipMemcpyAsync");
  }

  static void judge(const unsigned char* seen, const Bytes& sent, const char* what) {
    if (checksum(seen, sent.size()) == checksum(sent.data(), sent.size())) {
      return;
    }
    std::size_t first = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (seen[i] != sent[i]) {
        first = count == 0 ? i : first;
        ++count;
      }
    }
    finish(Outcome::wrong, formatted("{}: {} of {} bytes arrived wrong, the first of them byte {}",
                                     what, count, sent.size(), first));
  }

  static void judge_around(const Bytes& all, std::size_t begin, std::size_t size,
                           unsigned char expected) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((i < begin || i >= begin + size) && all[i] != expected) {
        finish(Outcome::wrong, formatted("a copy of {} bytes changed a byte {} bytes {} it", size,
                                         i < begin ? begin - i : i - begin - size + 1,
                                         i < begin ? "before" : "after"));
      }
    }
  }

  Gpu gpu_;
  How how_;
  std::size_t most_;  // bytes of a copy
  std::size_t room_;
  hipStream_t stream_ = nullptr;
  Vram<unsigned char> first_;
  Vram<unsigned char> second_;
  Pinned pinned_;
  Pinned back_;
  double bytes_ = 0;
};

}  // namespace

void test_copies(const Task& task, int how) {
  CopyTest test(task, static_cast<How>(how));
  Passes passes(task);
  while (passes.next()) {
    constexpr std::uint32_t sizes = 16;
    for (std::uint32_t i = 0; i < sizes; ++i) {
      test.round(mixed(passes.seed() + i));
    }
  }
  say_figure("copied_mib", test.bytes() / (1U << 20U));
  passes.finish_right("copies to the GPU, in it and back");
}

}  // namespace rocmfix::selftest
