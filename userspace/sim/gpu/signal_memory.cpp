// SPDX-License-Identifier: MIT
#include "gpu/signal_memory.hpp"

#include "control/journal.hpp"
#include "gpu/queue.hpp"

namespace rocmfix::sim {

bool complete_signal(Process& process, unsigned gpu, std::uint64_t va, std::uint64_t start) {
  SignalMemory* const signal = signal_at(process, gpu, va);
  if (signal == nullptr) {
    return false;
  }
  // Read before the value changes: whoever waits may free the signal at once.
  const std::uint64_t mailbox = signal->event_mailbox;
  const std::uint32_t event = signal->event_id;
  signal->start = start;
  signal->end = gpu_clock(now_ns());
  signal->value.fetch_sub(1, std::memory_order_acq_rel);
  if (mailbox != 0) {
    if (char* const slot = process.memory.pointer(gpu, mailbox, 8)) {
      *reinterpret_cast<std::uint64_t*>(slot) = event;
    }
    process.events.set(event);
  }
  return true;
}

}  // namespace rocmfix::sim
