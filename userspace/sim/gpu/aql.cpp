// SPDX-License-Identifier: MIT
// The packets of an AQL queue (HSA runtime specification 2.9, and AMD's vendor packets): kernel
// dispatch, barriers, barrier-value, and PM4 for cache maintenance. One after another: the barrier
// bit needs nothing more.

#include <algorithm>
#include <array>
#include <cstring>

#include "control/faults.hpp"
#include "control/journal.hpp"
#include "gpu/gpu_caches.hpp"
#include "gpu/kernels.hpp"
#include "gpu/queue.hpp"
#include "gpu/signal_memory.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

constexpr std::size_t packet_size = 64;
enum PacketType : std::uint8_t {
  vendor_specific = 0,
  invalid = 1,
  kernel_dispatch = 2,
  barrier_and = 3,
  agent_dispatch = 4,
  barrier_or = 5,
};
enum VendorFormat : std::uint8_t { pm4_ib = 1, barrier_value = 2 };

template <class T>
T field(const char* packet, std::size_t offset) {
  T value;
  std::memcpy(&value, packet + offset, sizeof value);
  return value;
}

// false: the queue stopped meanwhile, or a signal is not mapped.
bool wait_barrier(Queue& queue, const char* packet, bool all) {
  std::array<SignalMemory*, 5> signals{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    const auto va = field<std::uint64_t>(packet, 8 + i * 8);
    if (va != 0) {
      signals.at(count) = signal_at(queue.process(), queue.parameters().gpu, va);
      if (signals.at(count) == nullptr) {
        queue.fault({va}, "a barrier packet's signal");
        return false;
      }
      ++count;
    }
  }
  const auto is_done = [](SignalMemory* s) {
    return s->value.load(std::memory_order_acquire) == 0;
  };
  for (unsigned rounds = 0; !queue.stopped(); queue.pause(rounds)) {
    const auto done = static_cast<std::size_t>(std::count_if(
        signals.begin(), signals.begin() + static_cast<std::ptrdiff_t>(count), is_done));
    if (count == 0 || (all ? done == count : done > 0)) {
      return true;
    }
  }
  return false;
}

bool wait_value(Queue& queue, const char* packet) {
  const auto va = field<std::uint64_t>(packet, 8);
  const auto wanted = field<std::int64_t>(packet, 16);
  const auto mask = field<std::int64_t>(packet, 24);
  const auto condition = field<std::uint32_t>(packet, 32);
  if (va == 0) {
    return true;
  }
  SignalMemory* const signal = signal_at(queue.process(), queue.parameters().gpu, va);
  if (signal == nullptr) {
    queue.fault({va}, "a barrier-value packet's signal");
    return false;
  }
  for (unsigned rounds = 0; !queue.stopped(); queue.pause(rounds)) {
    const std::int64_t value = signal->value.load(std::memory_order_acquire) & mask;
    const std::array<bool, 4> holds = {value == wanted, value != wanted, value < wanted,
                                       value >= wanted};
    if (holds.at(condition & 3U)) {
      return true;
    }
  }
  return false;
}

// ROCr sends PM4 to invalidate caches, and for nothing else. Which of them, is not looked at.
bool run_pm4(Queue& queue, const char* packet) {
  constexpr std::uint32_t op_nop = 0x10;
  constexpr std::uint32_t op_acquire_mem = 0x58;
  constexpr std::uint32_t op_release_mem = 0x49;
  const std::uint64_t address = field<std::uint32_t>(packet, 8) |
                                std::uint64_t{field<std::uint32_t>(packet, 12) & 0xffffU} << 32U;
  std::uint32_t words = field<std::uint32_t>(packet, 16) & 0xfffffU;
  for (std::uint64_t at = address; words > 0 && !queue.stopped();) {
    std::uint32_t header = 0;
    if (const auto bad = queue.process().memory.read(queue.parameters().gpu, at, &header, 4)) {
      queue.fault(*bad, "an indirect buffer");
      return false;
    }
    const std::uint32_t op = header >> 8U & 0xffU;
    const std::uint32_t length = (header >> 16U & 0x3fffU) + 2;
    if (header >> 30U != 3 || (op != op_nop && op != op_acquire_mem && op != op_release_mem)) {
      queue.refuse(at,
                   formatted("PM4 packet {:#x} in an indirect buffer is not simulated", header));
      return false;
    }
    at += std::uint64_t{length} * 4;
    words -= std::min(words, length);
  }
  queue.process().empty_caches(queue.parameters().gpu);
  return true;
}

bool run_packet(Queue& queue, const char* packet, std::uint8_t type, std::uint64_t index) {
  switch (type) {
    case kernel_dispatch:
      return dispatch_kernel(queue, packet, index);
    case barrier_and:
      return wait_barrier(queue, packet, true);
    case barrier_or:
      return wait_barrier(queue, packet, false);
    case vendor_specific: {
      const auto format = field<std::uint8_t>(packet, 2);
      if (format == barrier_value) {
        return wait_value(queue, packet);
      }
      if (format == pm4_ib) {
        return run_pm4(queue, packet);
      }
      queue.refuse(queue.parameters().ring,
                   formatted("vendor packet of format {} is not simulated", format));
      return false;
    }
    default:
      queue.refuse(queue.parameters().ring, formatted("AQL packet type {} is not simulated", type));
      return false;
  }
}

}  // namespace

void run_aql(Queue& queue) {
  std::uint64_t done = 0;
  while (queue.wait_for_work(done) > done) {
    char* const packet = queue.ring() + done * packet_size % queue.parameters().ring_size;
    auto* const header = reinterpret_cast<std::atomic<std::uint16_t>*>(packet);
    std::uint16_t word = 0;
    // The index moves first; the packet is there when its header is.
    for (unsigned rounds = 0; !queue.stopped(); queue.pause(rounds)) {
      word = header->load(std::memory_order_acquire);
      if ((word & 0xffU) != invalid) {
        break;
      }
    }
    if (queue.stopped()) {
      return;
    }
    const std::uint64_t start = gpu_clock(now_ns());
    const auto type = static_cast<std::uint8_t>(word & 0xffU);
    const PacketFences fences(queue.process(), queue.parameters().gpu, word);
    if (type == kernel_dispatch) {
      fences.acquire(true);
    }
    if (!run_packet(queue, packet, type, done)) {
      return;
    }
    if (type != kernel_dispatch) {  // what it has waited for
      fences.acquire(false);
    }
    fences.release();
    const auto completion = field<std::uint64_t>(packet, 56);
    header->store(invalid, std::memory_order_release);
    queue.publish_read_pointer(++done);
    if (completion != 0 &&
        !complete_signal(queue.process(), queue.parameters().gpu, completion, start)) {
      queue.fault({completion}, "a packet's completion signal");
      return;
    }
  }
}

}  // namespace rocmfix::sim
