// SPDX-License-Identifier: MIT
// How much VRAM this process holds on each GPU, and how much it may.
#ifndef ROCMFIX_HIP_VRAM_BUDGET_HPP
#define ROCMFIX_HIP_VRAM_BUDGET_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rocmfix::hip {

inline constexpr size_t max_gpus = 16;

class VramBudget {
 public:
  constexpr VramBudget() = default;

  /// `limit` 0: no limit.
  void start(uint64_t limit) {
    limit_.store(limit, std::memory_order_relaxed);
    used_.store(0, std::memory_order_relaxed);
  }
  /// False: it would go over the limit; nothing is counted.
  bool charge(uint64_t bytes) {
    const uint64_t limit = limit_.load(std::memory_order_relaxed);
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (limit != 0 && (bytes > limit || used > limit - bytes)) {
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  /// The runtime's own blocks: counted, never refused.
  void charge_anyway(uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void refund(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  [[nodiscard]] uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t left() const { return used() < limit() ? limit() - used() : 0; }

 private:
  std::atomic<uint64_t> limit_{0};
  std::atomic<uint64_t> used_{0};
};

}  // namespace rocmfix::hip

#endif
