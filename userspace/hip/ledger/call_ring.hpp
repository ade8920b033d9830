// SPDX-License-Identifier: MIT
// The program's last HIP calls, for an incident. Lock-free; a call that is being written while it
// is read is left out.
#ifndef ROCMFIX_HIP_CALL_RING_HPP
#define ROCMFIX_HIP_CALL_RING_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "hip/apis.hpp"

namespace rocmfix::hip {

struct Call {
  uint64_t time = 0;
  uint64_t address = 0;
  uint64_t size = 0;
  uint32_t thread = 0;
  int32_t result = 0;
  Api api = Api::none;
};

class CallRing {
 public:
  static constexpr size_t capacity = 256;

  constexpr CallRing() = default;
  void add(const Call& call);
  /// The newest first; returns how many.
  size_t read(Call* calls, size_t most) const;
  void clear();

 private:
  struct alignas(64) Slot {
    std::atomic<uint64_t> number{0};  // 2n+1 while call n is written, 2n+2 once it is there
    std::atomic<uint64_t> time{0};
    std::atomic<uint64_t> address{0};
    std::atomic<uint64_t> size{0};
    std::atomic<uint64_t> thread_and_result{0};
    std::atomic<uint64_t> api{0};
  };

  std::atomic<uint64_t> next_{0};
  std::array<Slot, capacity> slots_{};
};

}  // namespace rocmfix::hip

#endif
