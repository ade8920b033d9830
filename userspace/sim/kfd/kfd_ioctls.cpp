// SPDX-License-Identifier: MIT
#include "kfd/kfd_ioctls.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "control/journal.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// In the order of the table's columns, which matters more than 8 bytes a row.
struct Entry {  // NOLINT(clang-analyzer-optin.performance.Padding)
  std::uint8_t nr;
  const char* name;
  std::size_t size;  // of the newest kernel's struct
  unsigned since;    // KFD_IOCTL_MINOR_VERSION
  int (*handler)(Process&, void*, std::size_t);
};

constexpr Entry table[] = {
    {0x01, "get_version", sizeof(kfd_ioctl_get_version_args), 0, kfd_get_version},
    {0x02, "create_queue", sizeof(kfd_ioctl_create_queue_args), 0, kfd_create_queue},
    {0x03, "destroy_queue", sizeof(kfd_ioctl_destroy_queue_args), 0, kfd_destroy_queue},
    {0x04, "set_memory_policy", sizeof(kfd_ioctl_set_memory_policy_args), 0, kfd_set_memory_policy},
    {0x05, "get_clock_counters", sizeof(kfd_ioctl_get_clock_counters_args), 0,
     kfd_get_clock_counters},
    {0x07, "update_queue", sizeof(kfd_ioctl_update_queue_args), 0, kfd_update_queue},
    {0x08, "create_event", sizeof(kfd_ioctl_create_event_args), 0, kfd_create_event},
    {0x09, "destroy_event", sizeof(kfd_ioctl_destroy_event_args), 0, kfd_destroy_event},
    {0x0a, "set_event", sizeof(kfd_ioctl_set_event_args), 0, kfd_set_event},
    {0x0b, "reset_event", sizeof(kfd_ioctl_reset_event_args), 0, kfd_reset_event},
    {0x0c, "wait_events", sizeof(kfd_ioctl_wait_events_args), 0, kfd_wait_events},
    {0x11, "set_scratch_backing_va", sizeof(kfd_ioctl_set_scratch_backing_va_args), 0,
     kfd_set_scratch},
    {0x12, "get_tile_config", sizeof(kfd_ioctl_get_tile_config_args), 0, kfd_get_tile_config},
    {0x13, "set_trap_handler", sizeof(kfd_ioctl_set_trap_handler_args), 0, kfd_set_trap_handler},
    {0x14, "get_process_apertures_new", sizeof(kfd_ioctl_get_process_apertures_new_args), 0,
     kfd_get_apertures},
    {0x15, "acquire_vm", sizeof(kfd_ioctl_acquire_vm_args), 0, kfd_acquire_vm},
    {0x16, "alloc_memory_of_gpu", sizeof(kfd_ioctl_alloc_memory_of_gpu_args), 0, kfd_alloc_memory},
    {0x17, "free_memory_of_gpu", sizeof(kfd_ioctl_free_memory_of_gpu_args), 0, kfd_free_memory},
    {0x18, "map_memory_to_gpu", sizeof(kfd_ioctl_map_memory_to_gpu_args), 0, kfd_map_memory},
    {0x19, "unmap_memory_from_gpu", sizeof(kfd_ioctl_unmap_memory_from_gpu_args), 0,
     kfd_unmap_memory},
    {0x1a, "set_cu_mask", sizeof(kfd_ioctl_set_cu_mask_args), 0, kfd_set_cu_mask},
    {0x1c, "get_dmabuf_info", sizeof(kfd_ioctl_get_dmabuf_info_args), 0, kfd_dmabuf_info},
    {0x1d, "import_dmabuf", sizeof(kfd_ioctl_import_dmabuf_args), 0, kfd_import_dmabuf},
    {0x20, "svm", sizeof(kfd_ioctl_svm_args), 0, kfd_svm},
    {0x21, "set_xnack_mode", sizeof(kfd_ioctl_set_xnack_mode_args), 0, kfd_set_xnack_mode},
    {kfd::nr_available_memory, "get_available_memory", sizeof(kfd::AvailableMemory), 9,
     kfd_available_memory},
    {kfd::nr_export_dmabuf, "export_dmabuf", sizeof(kfd::ExportDmabuf), 12, kfd_export_dmabuf},
    {kfd::nr_dbg_trap, "dbg_trap", 32, 13, kfd_dbg_trap},
    {kfd::nr_runtime_enable, "runtime_enable", sizeof(kfd::RuntimeEnable), 13, kfd_runtime_enable},
};

int call(const Entry& entry, unsigned long request, void* argument) {
  const std::size_t user_size = _IOC_SIZE(request);
  const std::size_t size = std::max(entry.size, user_size);
  std::array<std::uint64_t, 32> small{};
  std::vector<std::uint64_t> large;
  void* kernel_copy = small.data();
  if (size > sizeof small) {
    large.resize((size + 7) / 8);
    kernel_copy = large.data();
  }
  std::memcpy(kernel_copy, argument, user_size);
  const int result = entry.handler(Process::current(), kernel_copy, size);
  std::memcpy(argument, kernel_copy, user_size);
  return result;
}

}  // namespace

int kfd_ioctl(unsigned long request, void* argument) {
  const unsigned nr = _IOC_NR(request);
  const auto* const entry =
      std::find_if(std::begin(table), std::end(table), [nr](const Entry& e) { return e.nr == nr; });
  int result = -EINVAL;
  // 0x80 and above are AMD's own driver's (IPC, the old debugger): upstream's says ENOTTY.
  constexpr unsigned first_of_amds_own = 0x80;
  if (nr >= first_of_amds_own) {
    JournalLine("not_upstream").hex("nr", nr).number("result", -ENOTTY);
    result = -ENOTTY;
  } else if (entry == std::end(table)) {
    complain(formatted("error: KFD ioctl {:#x} is not simulated: EINVAL", nr));
  } else if (entry->since > configuration()->kernel.kfd_minor) {
    JournalLine(entry->name).number("result", -ENOTTY);
    result = -ENOTTY;  // as a kernel that does not have it yet
  } else if (argument == nullptr) {
    result = -EFAULT;
  } else {
    result = call(*entry, request, argument);
  }
  if (result < 0) {
    errno = -result;
    return -1;
  }
  return result;
}

}  // namespace rocmfix::sim
