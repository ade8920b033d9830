// SPDX-License-Identifier: MIT
#include "ledger/call_ring.hpp"

namespace rocmfix::hip {

void CallRing::add(const Call& call) {
  const uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
  Slot& slot = slots_[number % capacity];
  slot.number.store(2 * number + 1, std::memory_order_relaxed);
  // The fields are stored with release, so that none is seen before the odd number.
  slot.time.store(call.time, std::memory_order_release);
  slot.address.store(call.address, std::memory_order_release);
  slot.size.store(call.size, std::memory_order_release);
  slot.thread_and_result.store(
      static_cast<uint64_t>(call.thread) << 32U | static_cast<uint32_t>(call.result),
      std::memory_order_release);
  slot.api.store(static_cast<uint64_t>(call.api), std::memory_order_release);
  slot.number.store(2 * number + 2, std::memory_order_release);
}

size_t CallRing::read(Call* calls, size_t most) const {
  const uint64_t end = next_.load(std::memory_order_acquire);
  size_t found = 0;
  for (uint64_t back = 1; back <= end && back <= capacity && found < most; ++back) {
    const uint64_t number = end - back;
    const Slot& slot = slots_[number % capacity];
    if (slot.number.load(std::memory_order_acquire) != 2 * number + 2) {
      continue;
    }
    Call call;
    call.time = slot.time.load(std::memory_order_acquire);
    call.address = slot.address.load(std::memory_order_acquire);
    call.size = slot.size.load(std::memory_order_acquire);
    const uint64_t both = slot.thread_and_result.load(std::memory_order_acquire);
    call.thread = static_cast<uint32_t>(both >> 32U);
    call.result = static_cast<int32_t>(static_cast<uint32_t>(both));
    call.api = static_cast<Api>(slot.api.load(std::memory_order_acquire));
    if (slot.number.load(std::memory_order_relaxed) == 2 * number + 2) {
      calls[found++] = call;
    }
  }
  return found;
}

void CallRing::clear() {
  next_.store(0, std::memory_order_relaxed);
}

}  // namespace rocmfix::hip
