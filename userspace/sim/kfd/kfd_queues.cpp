// SPDX-License-Identifier: MIT
// KFD: queues of user mode.
#include <cerrno>

#include "control/journal.hpp"
#include "gpu/queue.hpp"
#include "kfd/kfd_ioctls.hpp"

namespace rocmfix::sim {

namespace {

const char* type_name(std::uint32_t type) {
  switch (type) {
    case KFD_IOC_QUEUE_TYPE_COMPUTE:
      return "COMPUTE";
    case KFD_IOC_QUEUE_TYPE_SDMA:
      return "SDMA";
    case KFD_IOC_QUEUE_TYPE_COMPUTE_AQL:
      return "COMPUTE_AQL";
    case KFD_IOC_QUEUE_TYPE_SDMA_XGMI:
      return "SDMA_XGMI";
    default:
      return "?";
  }
}

int create(Process& process, kfd_ioctl_create_queue_args& args) {
  const Gpu* const gpu = gpu_by_id(args.gpu_id);
  if (gpu == nullptr || args.ring_size == 0) {
    return -EINVAL;
  }
  if (args.queue_type != KFD_IOC_QUEUE_TYPE_COMPUTE_AQL &&
      args.queue_type != KFD_IOC_QUEUE_TYPE_SDMA) {
    complain("error: a queue of a type that is not simulated (PM4 compute or XGMI): EINVAL");
    return -EINVAL;
  }
  const std::lock_guard lock(process.queues_mutex);
  Queue::Parameters parameters;
  parameters.id = process.next_queue;
  parameters.type = args.queue_type;
  parameters.gpu = gpu->index;
  parameters.ring = args.ring_base_address;
  parameters.ring_size = args.ring_size;
  parameters.read_pointer = args.read_pointer_address;
  parameters.write_pointer = args.write_pointer_address;
  parameters.context_save = args.ctx_save_restore_address;
  // A doorbell a queue, by a number that no living queue of this GPU has: 1024 in a page.
  constexpr std::uint32_t doorbells = Process::doorbell_page / 8;
  if (process.queues.size() >= doorbells) {
    return -ENOSPC;
  }
  auto queue = Queue::start(process, parameters);
  if (queue == nullptr) {
    return -EINVAL;
  }
  args.queue_id = process.next_queue++;
  args.doorbell_offset = Process::doorbell_offset(gpu->index) + args.queue_id % doorbells * 8ULL;
  process.queues[args.queue_id] = std::move(queue);
  return 0;
}

}  // namespace

int kfd_create_queue(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_create_queue_args*>(argument);
  const int result = create(process, args);
  JournalLine("create_queue")
      .unsigned_number("gpu", args.gpu_id)
      .unsigned_number("queue", args.queue_id)
      .text("type", type_name(args.queue_type))
      .hex("ring", args.ring_base_address)
      .unsigned_number("ring_size", args.ring_size)
      .unsigned_number("priority", args.queue_priority)
      .number("result", result);
  return result;
}

int kfd_destroy_queue(Process& process, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_destroy_queue_args*>(argument);
  std::unique_ptr<Queue> queue;
  {
    const std::lock_guard lock(process.queues_mutex);
    const auto found = process.queues.find(args.queue_id);
    if (found != process.queues.end()) {
      queue = std::move(found->second);
      process.queues.erase(found);
    }
  }
  const int result = queue == nullptr ? -EINVAL : 0;
  queue.reset();  // waits for its thread, without the lock
  JournalLine("destroy_queue").unsigned_number("queue", args.queue_id).number("result", result);
  return result;
}

int kfd_update_queue(Process& process, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_update_queue_args*>(argument);
  const std::lock_guard lock(process.queues_mutex);
  const bool known = process.queues.contains(args.queue_id);
  JournalLine("update_queue")
      .unsigned_number("queue", args.queue_id)
      .unsigned_number("priority", args.queue_priority)
      .unsigned_number("percentage", args.queue_percentage)
      .number("result", known ? 0 : -EFAULT);
  return known ? 0 : -EFAULT;
}

int kfd_set_cu_mask(Process& process, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_set_cu_mask_args*>(argument);
  const std::lock_guard lock(process.queues_mutex);
  JournalLine("set_cu_mask").unsigned_number("queue", args.queue_id);
  return process.queues.contains(args.queue_id) ? 0 : -EFAULT;
}

}  // namespace rocmfix::sim
