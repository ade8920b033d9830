// SPDX-License-Identifier: MIT
// A user-mode queue, worked off by a thread of its own: AQL (compute) or SDMA packets. The write
// pointer is polled; the doorbell is not needed, and for AQL its value says less (the index of the
// last packet, so 0 means two things).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "kfd/process.hpp"

namespace rocmfix::sim {

class Queue {
 public:
  struct Parameters {
    std::uint32_t id = 0, type = 0;
    unsigned gpu = 0;
    std::uint64_t ring = 0, ring_size = 0, read_pointer = 0, write_pointer = 0;
  };
  /// false: rings or pointers are not mapped on the GPU.
  static std::unique_ptr<Queue> start(Process& process, const Parameters& parameters);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  Queue(Queue&&) = delete;
  Queue& operator=(Queue&&) = delete;

  // --- for the packet processors (aql.cpp, sdma.cpp) ---
  Process& process() { return process_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  /// True: the queue is being destroyed, or its GPU runs no packet any more.
  [[nodiscard]] bool stopped() const;
  /// Until there is more to read than `done` (in the pointer's own unit), or the queue stops.
  std::uint64_t wait_for_work(std::uint64_t done);
  void publish_read_pointer(std::uint64_t value);
  [[nodiscard]] char* ring() const { return ring_; }
  /// A short sleep in a loop that waits for memory to change; longer the longer it lasts.
  void pause(unsigned& rounds) const;
  /// A fault in data: raised, and the queue goes no further.
  void fault(const MemoryFault& what, std::string_view cause);
  /// What the simulator cannot do ends as a fault at `address`, never silently.
  void refuse(std::uint64_t address, const std::string& what);

 private:
  Queue(Process& process, const Parameters& parameters);
  bool resolve();

  Process& process_;
  Parameters parameters_;
  char* ring_ = nullptr;
  std::atomic<std::uint64_t>* read_ = nullptr;
  std::atomic<std::uint64_t>* write_ = nullptr;
  std::shared_ptr<Buffer> holds_[3];
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void run_aql(Queue& queue);
void run_sdma(Queue& queue);

/// The GPU's clock: 100 MHz, as on GFX10.
inline std::uint64_t gpu_clock(std::uint64_t ns) {
  return ns / 10;
}

}  // namespace rocmfix::sim
