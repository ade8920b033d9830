// SPDX-License-Identifier: MIT
// The packets of an SDMA queue that ROCr writes for GFX10 (sdma_registers.h): copies, fills,
// fences, polls, atomics, traps, timestamps. An unknown one ends the queue, loudly.

#include <array>
#include <cstring>

#include "control/faults.hpp"
#include "control/journal.hpp"
#include "gpu/queue.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

enum Op : std::uint8_t {
  nop = 0,
  copy = 1,
  fence = 5,
  trap = 6,
  poll_regmem = 8,
  atomic = 10,
  const_fill = 11,
  timestamp = 13,
  gcr = 17,
};
enum CopyOp : std::uint8_t { linear = 0, linear_rect = 4 };
constexpr std::uint32_t atomic_add64 = 47;
constexpr std::size_t longest = 13;

// Its length in words; 0: the queue ends here.
using Words = std::array<std::uint32_t, longest>;

std::uint64_t address(const Words& w, std::size_t at) {
  return w.at(at) | std::uint64_t{w.at(at + 1)} << 32U;
}

bool copy_between(Queue& queue, std::uint64_t to, std::uint64_t from, std::uint64_t size) {
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  const auto fault = process.faults().before_access(gpu, to, from);
  const auto bad = fault ? fault : process.memory.copy(gpu, to, from, size);
  if (bad) {
    queue.fault(*bad, "an SDMA copy");
  }
  return !bad;
}

std::size_t run_linear(Queue& queue, const Words& w) {
  // 22 bits on GFX10.1, 30 on GFX10.3; above them is nothing.
  const std::uint64_t size = (w[1] & 0x3fffffffU) + 1ULL;
  const std::uint64_t from = address(w, 3);
  const std::uint64_t to = address(w, 5);
  JournalLine("dma_copy")
      .unsigned_number("gpu", gpus()[queue.parameters().gpu].gpu_id)
      .unsigned_number("queue", queue.parameters().id)
      .hex("from", from)
      .hex("to", to)
      .unsigned_number("size", size);
  return copy_between(queue, to, from, size) ? 7 : 0;
}

std::size_t run_rect(Queue& queue, const Words& w) {
  const unsigned element = w[0] >> 29U;  // log2 of bytes
  const auto at = [&](std::uint64_t base, std::uint32_t xy, std::uint32_t z_pitch,
                      std::uint32_t slice_word, std::uint64_t y, std::uint64_t z) {
    const std::uint64_t pitch = ((z_pitch >> 13U) + 1ULL) << element;
    const std::uint64_t slice = ((slice_word & 0xfffffffU) + 1ULL) << element;
    return base + (static_cast<std::uint64_t>(xy & 0x3fffU) << element) +
           ((xy >> 16U & 0x3fffU) + y) * pitch + ((z_pitch & 0x7ffU) + z) * slice;
  };
  const std::uint64_t width = ((w[11] & 0x3fffU) + 1ULL) << element;
  const std::uint64_t height = (w[11] >> 16U & 0x3fffU) + 1ULL;
  const std::uint64_t depth = (w[12] & 0x7ffU) + 1ULL;
  JournalLine("dma_copy_rect")
      .unsigned_number("gpu", gpus()[queue.parameters().gpu].gpu_id)
      .hex("from", address(w, 1))
      .hex("to", address(w, 6))
      .numbers("extent", {width, height, depth});
  for (std::uint64_t z = 0; z < depth; ++z) {
    for (std::uint64_t y = 0; y < height; ++y) {
      if (!copy_between(queue, at(address(w, 6), w[8], w[9], w[10], y, z),
                        at(address(w, 1), w[3], w[4], w[5], y, z), width)) {
        return 0;
      }
    }
  }
  return 13;
}

std::size_t run_fill(Queue& queue, const Words& w) {
  const std::uint64_t to = address(w, 1);
  const std::uint64_t size = (w[4] & 0x3fffffU) + 4ULL;  // bytes, less a word: BuildFillCommand()
  JournalLine("dma_fill")
      .unsigned_number("gpu", gpus()[queue.parameters().gpu].gpu_id)
      .hex("to", to)
      .unsigned_number("size", size);
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  const auto fault = process.faults().before_access(gpu, to, to);
  const auto bad = fault ? fault : process.memory.fill(gpu, to, &w[3], 4, size);
  if (bad) {
    queue.fault(*bad, "an SDMA fill");
  }
  return bad ? 0 : 5;
}

template <class T>
std::atomic<T>* at_address(Queue& queue, std::uint64_t va, std::string_view what) {
  char* const at = queue.process().memory.pointer(queue.parameters().gpu, va, sizeof(T));
  if (at == nullptr) {
    queue.fault({va}, what);
  }
  return reinterpret_cast<std::atomic<T>*>(at);
}

bool holds(unsigned function, std::uint32_t value, std::uint32_t reference) {
  switch (function) {
    case 0:
      return true;
    case 1:
      return value < reference;
    case 2:
      return value <= reference;
    case 3:
      return value == reference;
    case 4:
      return value != reference;
    case 5:
      return value >= reference;
    default:
      return value > reference;
  }
}

std::size_t run_poll(Queue& queue, const Words& w) {
  if (w[0] >> 31U == 0) {
    return 6;  // a register: HDP flush, of which there is nothing here
  }
  const auto* const memory = at_address<std::uint32_t>(queue, address(w, 1), "an SDMA poll");
  if (memory == nullptr) {
    return 0;
  }
  for (unsigned rounds = 0; !queue.stopped(); queue.pause(rounds)) {
    if (holds(w[0] >> 28U & 7U, memory->load(std::memory_order_acquire) & w[4], w[3])) {
      return 6;
    }
  }
  return 0;
}

std::size_t run_atomic(Queue& queue, const Words& w) {
  if (w[0] >> 25U != atomic_add64) {
    queue.refuse(queue.parameters().ring,
                 formatted("SDMA atomic {} is not simulated", w[0] >> 25U));
    return 0;
  }
  auto* const memory = at_address<std::uint64_t>(queue, address(w, 1), "an SDMA atomic");
  if (memory == nullptr) {
    return 0;
  }
  memory->fetch_add(address(w, 3), std::memory_order_acq_rel);
  return 8;
}

std::size_t run_packet(Queue& queue, const Words& w) {
  const std::uint32_t op = w[0] & 0xffU;
  const std::uint32_t sub = w[0] >> 8U & 0xffU;
  switch (op) {
    case nop:
      return 1 + (w[0] >> 16U & 0x3fffU);
    case copy:
      if (sub == linear) {
        return run_linear(queue, w);
      }
      if (sub == linear_rect) {
        return run_rect(queue, w);
      }
      break;
    case fence:
      if (auto* const memory = at_address<std::uint32_t>(queue, address(w, 1), "an SDMA fence")) {
        memory->store(w[3], std::memory_order_release);
        return 4;
      }
      return 0;
    case trap:
      queue.process().events.set(w[1] & 0xfffffffU);
      return 2;
    case poll_regmem:
      return run_poll(queue, w);
    case atomic:
      return run_atomic(queue, w);
    case const_fill:
      return run_fill(queue, w);
    case timestamp:
      if (auto* const memory = at_address<std::uint64_t>(queue, address(w, 1), "a timestamp")) {
        memory->store(gpu_clock(now_ns()), std::memory_order_release);
        return 3;
      }
      return 0;
    case gcr:
      queue.process().empty_caches(queue.parameters().gpu);
      return 5;
    default:
      break;
  }
  queue.refuse(queue.parameters().ring,
               formatted("SDMA packet {} (sub-operation {}) is not simulated", op, sub));
  return 0;
}

}  // namespace

void run_sdma(Queue& queue) {
  const std::uint64_t size = queue.parameters().ring_size;
  std::uint64_t done = 0;  // bytes, ever growing
  while (queue.wait_for_work(done) > done) {
    Words words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::memcpy(&words.at(i), queue.ring() + (done + i * 4) % size, 4);
    }
    if (!queue.process().faults().before_packet(queue)) {
      return;
    }
    const std::size_t length = run_packet(queue, words);
    if (length == 0) {
      return;
    }
    done += length * 4;
    queue.publish_read_pointer(done);
  }
}

}  // namespace rocmfix::sim
