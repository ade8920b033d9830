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
  // Seen of a HIP runtime's own: one block of 1 MiB in 5.2.3, none in 5.7.1 and 6.4.3.
  static constexpr uint64_t large = uint64_t{16} << 20U;
  static constexpr uint64_t of_runtime = uint64_t{256} << 20U;

  constexpr VramBudget() = default;

  /// `limit` 0: no limit.
  void start(uint64_t limit) {
    limit_.store(limit, std::memory_order_relaxed);
    used_.store(0, std::memory_order_relaxed);
  }
  /// False: it would go over the limit; nothing is counted.
  bool charge(uint64_t bytes) { return charge_within(bytes, 0); }
  /// Counted, never refused.
  void charge_anyway(uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  /// A block of which nobody knows whose it is: the runtime's own are small, and get what is kept
  /// for them beyond the limit. A large one is the program's, which has gone past us.
  bool charge_unannounced(uint64_t bytes) {
    return charge_within(bytes, bytes < large ? of_runtime : 0);
  }
  void refund(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  [[nodiscard]] uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t left() const { return used() < limit() ? limit() - used() : 0; }

 private:
  bool charge_within(uint64_t bytes, uint64_t beyond) {
    const uint64_t limit = limit_.load(std::memory_order_relaxed);
    const uint64_t most = limit + beyond;
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (limit != 0 && (bytes > most || used > most - bytes)) {
        return false;
      }
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }

  std::atomic<uint64_t> limit_{0};
  std::atomic<uint64_t> used_{0};
};

}  // namespace rocmfix::hip

#endif
