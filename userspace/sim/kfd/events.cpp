// SPDX-License-Identifier: MIT
#include "kfd/events.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

namespace rocmfix::sim {

std::uint32_t Events::create(std::uint32_t type, bool auto_reset) {
  const std::lock_guard lock(mutex_);
  if (events_.size() >= KFD_SIGNAL_EVENT_LIMIT - 1) {
    return 0;
  }
  // The id is the slot in the page as well, so it stays below the limit.
  while (events_.contains(next_) || next_ == 0) {
    next_ = (next_ + 1) % KFD_SIGNAL_EVENT_LIMIT;
  }
  auto event = std::make_shared<Event>();
  event->type = type;
  event->auto_reset = auto_reset;
  const std::uint32_t id = next_;
  events_[id] = std::move(event);
  next_ = (next_ + 1) % KFD_SIGNAL_EVENT_LIMIT;
  return id;
}

bool Events::destroy(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(id);
  if (found == events_.end()) {
    return false;
  }
  found->second->destroyed = true;
  events_.erase(found);
  changed_.notify_all();
  return true;
}

void Events::signal(Event& event) {
  event.signaled = !event.auto_reset || event.waiters == 0;
  ++event.age;
  ++event.wakeups;
  changed_.notify_all();
}

bool Events::set(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(id);
  if (found == events_.end()) {
    return false;
  }
  signal(*found->second);
  return true;
}

bool Events::reset(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(id);
  if (found == events_.end()) {
    return false;
  }
  found->second->signaled = false;
  return true;
}

void Events::report(const Event& event, kfd::EventData& data) {
  if (event.type == KFD_IOC_EVENT_MEMORY) {
    data.memory_exception_data = event.memory;
  } else if (event.type == KFD_IOC_EVENT_HW_EXCEPTION) {
    data.hw_exception_data = event.hardware;
  } else if (event.type == KFD_IOC_EVENT_SIGNAL && data.last_event_age != 0) {
    data.last_event_age = event.age;
  }
}

int Events::wait(std::span<kfd::EventData> wanted, bool all, std::uint32_t timeout) {
  std::unique_lock lock(mutex_);
  std::vector<Waiter> waiters;
  waiters.reserve(wanted.size());
  for (const kfd::EventData& data : wanted) {
    const auto found = events_.find(data.event_id);
    if (found == events_.end()) {
      return -EINVAL;
    }
    waiters.push_back({found->second, false, found->second->wakeups});
  }
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    Event& event = *waiters[i].event;
    waiters[i].activated = event.signaled;
    event.signaled = event.signaled && !event.auto_reset;
    const std::uint64_t age = wanted[i].last_event_age;
    if (event.type == KFD_IOC_EVENT_SIGNAL && age != 0 && age != event.age) {
      waiters[i].activated = true;
    }
    ++event.waiters;
  }
  const auto is_active = [](Waiter& waiter) {
    waiter.activated = waiter.activated || waiter.event->wakeups != waiter.wakeups_before;
    return waiter.activated;
  };
  const auto is_lost = [](const Waiter& waiter) { return waiter.event->destroyed; };
  const auto done = [&] {
    const auto active = std::count_if(waiters.begin(), waiters.end(), is_active);
    return std::any_of(waiters.begin(), waiters.end(), is_lost) ||
           (all ? active == static_cast<std::ptrdiff_t>(waiters.size()) : active > 0);
  };
  bool complete = true;
  if (timeout == UINT32_MAX) {
    changed_.wait(lock, done);
  } else {
    complete = changed_.wait_for(lock, std::chrono::milliseconds(timeout), done);
  }
  int result = complete ? KFD_IOC_WAIT_RESULT_COMPLETE : KFD_IOC_WAIT_RESULT_TIMEOUT;
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    --waiters[i].event->waiters;
    if (is_lost(waiters[i])) {
      result = -EIO;
    } else if (complete && waiters[i].activated) {
      report(*waiters[i].event, wanted[i]);
    }
  }
  return result;
}

bool Events::raise_memory_fault(std::uint32_t gpu_id, const MemoryFault& fault) {
  const std::lock_guard lock(mutex_);
  bool told = false;
  for (auto& [id, event] : events_) {
    if (event->type == KFD_IOC_EVENT_MEMORY) {
      event->memory = {};
      event->memory.failure.NotPresent =
          !fault.read_only && !fault.no_execute && !fault.hang ? 1 : 0;
      event->memory.failure.ReadOnly = fault.read_only ? 1 : 0;
      event->memory.failure.NoExecute = fault.no_execute ? 1 : 0;
      event->memory.ErrorType = fault.hang ? KFD_MEM_ERR_GPU_HANG : KFD_MEM_ERR_NO_RAS;
      // The interrupt holds a page number (kfd_int_process_v10.c).
      event->memory.va = fault.exact ? fault.address : fault.address & ~std::uint64_t{0xfff};
      event->memory.gpu_id = gpu_id;
      signal(*event);
      told = true;
    }
  }
  return told;
}

bool Events::has_listener(std::uint32_t type) {
  const std::lock_guard lock(mutex_);
  return std::any_of(events_.begin(), events_.end(),
                     [type](const auto& entry) { return entry.second->type == type; });
}

bool Events::raise_reset(std::uint32_t gpu_id) {
  const std::lock_guard lock(mutex_);
  bool told = false;
  for (auto& [id, event] : events_) {
    if (event->type == KFD_IOC_EVENT_HW_EXCEPTION) {
      event->hardware = {};
      event->hardware.reset_type = KFD_HW_EXCEPTION_WHOLE_GPU_RESET;
      event->hardware.reset_cause = KFD_HW_EXCEPTION_GPU_HANG;
      event->hardware.memory_lost = 1;
      event->hardware.gpu_id = gpu_id;
      signal(*event);
      told = true;
    }
  }
  return told;
}

}  // namespace rocmfix::sim
