// SPDX-License-Identifier: MIT
// ROCr's signals as the GPU sees them (amd_hsa_signal.h): a value, and where to raise the
// interrupt.
#pragma once

#include <atomic>
#include <cstdint>

#include "kfd/process.hpp"

namespace rocmfix::sim {

/// amd_signal_t
struct SignalMemory {
  std::int64_t kind;
  std::atomic<std::int64_t> value;
  std::uint64_t event_mailbox;
  std::uint32_t event_id;
  std::uint32_t reserved;
  std::uint64_t start, end;  ///< in ticks of the GPU's clock
};

/// nullptr: it is not mapped on the GPU.
inline SignalMemory* signal_at(Process& process, unsigned gpu, std::uint64_t va) {
  return reinterpret_cast<SignalMemory*>(process.memory.pointer(gpu, va, sizeof(SignalMemory)));
}

/// What a packet's completion does: times, value minus one, mailbox, interrupt.
bool complete_signal(Process& process, unsigned gpu, std::uint64_t va, std::uint64_t start);

}  // namespace rocmfix::sim
