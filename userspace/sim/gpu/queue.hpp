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

/// What a wave's trap handler reports of it, by KFD's exception codes (kfd_ioctl.h,
/// EC_QUEUE_WAVE_*).
enum class QueueError : std::uint8_t {
  abort = 1,
  illegal_instruction = 4,
  memory_violation = 5,
  aperture_violation = 6,
};

class Queue {
 public:
  struct Parameters {
    std::uint32_t id = 0, type = 0;
    unsigned gpu = 0;
    std::uint64_t ring = 0, ring_size = 0, read_pointer = 0, write_pointer = 0;
    std::uint64_t context_save = 0;  ///< where the runtime wants to hear of errors; 0: nowhere
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
  /// An error of a wave, reported to the runtime as this kernel's driver does. The queue goes no
  /// further.
  void raise_error(QueueError error, const std::string& what);
  /// amd_queue_t
  [[nodiscard]] std::uint64_t runtime_queue() const;

 private:
  Queue(Process& process, const Parameters& parameters);
  bool resolve();
  bool tell_by_event(QueueError error);
  bool tell_by_signal(QueueError error);

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
