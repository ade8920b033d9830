// SPDX-License-Identifier: MIT
// KFD's events, with the waiting rules of kfd_events.c: an auto-reset event that has waiters wakes
// them all and is not left signalled; from 1.14 on a signal event also counts its age, so that a
// waiter does not sleep through one that came before. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "gpu/address_space.hpp"
#include "kfd/kfd_abi.hpp"

namespace rocmfix::sim {

class Events {
 public:
  /// 0: there are KFD_SIGNAL_EVENT_LIMIT already.
  std::uint32_t create(std::uint32_t type, bool auto_reset);
  bool destroy(std::uint32_t id);
  bool set(std::uint32_t id);
  bool reset(std::uint32_t id);

  /// `timeout` in milliseconds, 0xffffffff: for ever. KFD_IOC_WAIT_RESULT_*, or a negative errno.
  int wait(std::span<kfd::EventData> wanted, bool all, std::uint32_t timeout);

  [[nodiscard]] bool has_listener(std::uint32_t type);
  /// false: nobody has made an event for that yet.
  bool raise_memory_fault(std::uint32_t gpu_id, const MemoryFault& fault);
  /// As kfd_signal_reset_event() after a hang: HW_EXCEPTION events, and nothing else. ROCr before
  /// 6.0 has none, and hears nothing.
  bool raise_reset(std::uint32_t gpu_id);

 private:
  struct Event {
    std::uint32_t type = 0;
    bool auto_reset = false;
    bool signaled = false;
    bool destroyed = false;
    std::uint64_t age = 1;
    unsigned waiters = 0;
    std::uint64_t wakeups = 0;  // counts set() with somebody waiting
    kfd_hsa_memory_exception_data memory{};
    kfd_hsa_hw_exception_data hardware{};
  };
  struct Waiter {
    std::shared_ptr<Event> event;
    bool activated = false;
    std::uint64_t wakeups_before = 0;
  };
  void signal(Event& event);
  static void report(const Event& event, kfd::EventData& data);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, std::shared_ptr<Event>> events_;
  std::uint32_t next_ = 1;
};

}  // namespace rocmfix::sim
