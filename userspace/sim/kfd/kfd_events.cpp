// SPDX-License-Identifier: MIT
// KFD: events.
#include <cerrno>
#include <span>

#include "control/faults.hpp"
#include "control/journal.hpp"
#include "kfd/kfd_ioctls.hpp"

namespace rocmfix::sim {

int kfd_create_event(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_create_event_args*>(argument);
  if (args.event_type != KFD_IOC_EVENT_SIGNAL && args.event_type != KFD_IOC_EVENT_HW_EXCEPTION &&
      args.event_type != KFD_IOC_EVENT_MEMORY && args.event_type != KFD_IOC_EVENT_DEBUG_EVENT) {
    JournalLine("create_event").unsigned_number("type", args.event_type).number("result", -EINVAL);
    return -EINVAL;
  }
  // On a discrete GPU the caller brings the page, as a handle; else it maps KFD's.
  if (args.event_page_offset != 0) {
    process.event_page = args.event_page_offset;
  } else if (process.event_page == 0) {
    process.event_page = Process::event_page_offset;
  }
  const std::uint32_t id = process.events.create(args.event_type, args.auto_reset != 0);
  if (id == 0) {
    return -ENOSPC;
  }
  args.event_id = id;
  args.event_trigger_data = id;
  args.event_slot_index = id;
  args.event_page_offset = process.event_page;
  JournalLine("create_event")
      .unsigned_number("type", args.event_type)
      .unsigned_number("event", id)
      .number("result", 0);
  if (args.event_type == KFD_IOC_EVENT_MEMORY) {
    process.faults().on_listener();
  }
  return 0;
}

int kfd_destroy_event(Process& process, void* argument, std::size_t /*size*/) {
  return process.events.destroy(static_cast<kfd_ioctl_destroy_event_args*>(argument)->event_id)
             ? 0
             : -EINVAL;
}

int kfd_set_event(Process& process, void* argument, std::size_t /*size*/) {
  return process.events.set(static_cast<kfd_ioctl_set_event_args*>(argument)->event_id) ? 0
                                                                                        : -EINVAL;
}

int kfd_reset_event(Process& process, void* argument, std::size_t /*size*/) {
  return process.events.reset(static_cast<kfd_ioctl_reset_event_args*>(argument)->event_id)
             ? 0
             : -EINVAL;
}

int kfd_wait_events(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_wait_events_args*>(argument);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the interface
  auto* const data = reinterpret_cast<kfd::EventData*>(args.events_ptr);
  const int result =
      process.events.wait({data, args.num_events}, args.wait_for_all != 0, args.timeout);
  args.wait_result = result < 0 ? KFD_IOC_WAIT_RESULT_FAIL : static_cast<std::uint32_t>(result);
  return std::min(result, 0);
}

}  // namespace rocmfix::sim
