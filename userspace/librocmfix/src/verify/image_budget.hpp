// SPDX-License-Identifier: MIT
// How much of an initramfs is read, so that a crafted one can take neither the machine's
// memory nor the boot's time. One budget a look.
#pragma once

#include <cstdint>
#include <ctime>

namespace rocmfix::detail {

class ImageBudget {
 public:
  /// `packed`: the image's size. An image packs to a third or so, never to a hundredth.
  explicit ImageBudget(std::uint64_t packed)
      : bytes_left_(packed > largest / densest ? largest : packed * densest + small) {}

  /// False: used up, and why() says which way.
  bool take_bytes(std::uint64_t count) {
    if (count > bytes_left_) {
      bytes_left_ = 0;
      why_ = "it is larger than any initramfs of its packed size";
    } else {
      bytes_left_ -= count;
    }
    return why_ == nullptr && in_time();
  }
  bool take_entry() {
    if (entries_left_ == 0) {
      why_ = "it has more files than any initramfs";
    } else {
      --entries_left_;
    }
    return why_ == nullptr;
  }
  /// Of this thread's processor time: a busy machine or a slow disk does not use it up.
  bool in_time() {
    if (why_ == nullptr && seconds() - began_ > most_seconds) {
      why_ = "it takes too long to unpack";
    }
    return why_ == nullptr;
  }
  /// nullptr: not used up.
  [[nodiscard]] const char* why() const { return why_; }

 private:
  // With every firmware there is, MODULES=most has 2,000 to 6,000 files in half a GiB.
  static constexpr std::uint64_t largest = std::uint64_t{2} << 30U;
  static constexpr std::uint64_t small = 1U << 20U;
  static constexpr std::uint64_t densest = 100;
  static constexpr std::uint64_t most_entries = 200'000;
  static constexpr double most_seconds = 20;

  static double seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  }

  std::uint64_t bytes_left_;
  std::uint64_t entries_left_ = most_entries;
  double began_ = seconds();
  const char* why_ = nullptr;
};

}  // namespace rocmfix::detail
