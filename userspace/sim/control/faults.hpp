// SPDX-License-Identifier: MIT
// Faults asked for from outside: what is pending, and when it comes. A command is one JSON object:
//
//   {"fault": "memory", "address": "0x7f0000001000"}            a GPU memory fault there
//   {"fault": "memory", "allocation": 3, "from": "end", "offset": 1}   relative to an allocation of
//       KFD's, counted from 1; "last" for the latest; "from" start (default) or end
//        "reason": "not_present" (default), "read_only", "no_execute", "hang"
//        "exact": true   the address as it is: the hardware reports the page that it is in
//   {"fault": "coherent"}    the first copy or fill that touches a mapping whose MTYPE in force is
//       UC faults: origin.md's model of the failure, not a claim about the hardware
//   {"fault": "hang", "reset_after_ms": 500}    no packet is done any more; a reset if asked for
//   {"fault": "reset"}       the GPU is reset: KFD's hardware exception
//   {"fault": "vram", "bytes": 1048576}         no more VRAM than that
//   {"fault": "none"}        cancels what has not happened yet
//
// "gpu": index, default 0. When: "after_allocations": N, "after_packets": N, or at once; a memory
// fault before the runtime listens for one waits until it does. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpu/address_space.hpp"

namespace rocmfix::sim {

class Process;
class Queue;

class Faults {
 public:
  explicit Faults(Process& process) : process_(process) {}

  /// Reads the scenario and listens, if that is configured (control.cpp).
  void start();

  /// Empty: accepted. Else a sentence. What is due happens before it returns.
  std::string command(std::string_view json);
  /// The same in two steps, for who has to answer first: a fault can end the process.
  std::string accept(std::string_view json);
  void proceed();
  void clear();

  // --- where it is checked ---
  void on_allocation(std::uint64_t count);
  void on_listener();
  /// The GPU's VRAM as far as there is any.
  std::uint64_t vram_bytes(unsigned gpu);
  /// false: the queue goes no further. May not return before it is destroyed: a hang.
  bool before_packet(Queue& queue);
  /// A fault instead of an access to data.
  std::optional<MemoryFault> before_access(unsigned gpu, std::uint64_t to, std::uint64_t from);

 private:
  enum class Kind { memory, coherent, hang, reset, vram };
  struct Pending {
    Kind kind = Kind::memory;
    unsigned gpu = 0;
    std::uint64_t after_allocations = 0, after_packets = 0;
    std::optional<std::uint64_t> address;
    std::uint64_t allocation = 0;  // 0: the last
    bool from_end = false;
    std::int64_t offset = 0;
    MemoryFault fault;
    std::uint64_t reset_after_ms = 0;
    std::uint64_t bytes = 0;
  };
  struct GpuState {
    bool coherent = false, hangs = false;
    std::optional<std::uint64_t> vram;
    std::uint64_t packets = 0;
  };
  std::string parse(std::string_view json, Pending& out, bool& clears);
  [[nodiscard]] bool is_due(const Pending& pending) const;
  void fire(const Pending& pending);
  std::optional<std::uint64_t> address_of(const Pending& pending);
  GpuState& state(unsigned gpu);
  void reset(unsigned gpu);

  Process& process_;
  std::mutex mutex_;
  std::vector<Pending> pending_;
  std::vector<GpuState> gpus_;
  std::uint64_t allocations_ = 0;
};

}  // namespace rocmfix::sim
