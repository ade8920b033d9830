// SPDX-License-Identifier: MIT
// KFD's interface: the system's linux/kfd_ioctl.h, and what later kernels than Debian 12's have
// added to it (uapi/linux/kfd_ioctl.h of 6.12 and 7.2). Only numbers and layouts.
#pragma once

#include <linux/kfd_ioctl.h>

#include <cstdint>

#ifndef KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT
#define KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT (1U << 24U)
#endif
#ifndef KFD_IOC_ALLOC_MEM_FLAGS_CONTIGUOUS
#define KFD_IOC_ALLOC_MEM_FLAGS_CONTIGUOUS (1U << 23U)
#endif
#ifndef KFD_IOCTL_SVM_FLAG_EXT_COHERENT
#define KFD_IOCTL_SVM_FLAG_EXT_COHERENT 0x80
#endif

namespace rocmfix::sim::kfd {

constexpr unsigned nr_available_memory = 0x23;
constexpr unsigned nr_export_dmabuf = 0x24;
constexpr unsigned nr_runtime_enable = 0x25;
constexpr unsigned nr_dbg_trap = 0x26;

struct AvailableMemory {
  std::uint64_t available;
  std::uint32_t gpu_id;
  std::uint32_t pad;
};

struct ExportDmabuf {
  std::uint64_t handle;
  std::uint32_t flags;
  std::uint32_t dmabuf_fd;
};

struct RuntimeEnable {
  std::uint64_t r_debug;
  std::uint32_t mode_mask;
  std::uint32_t capabilities_mask;
};

/// kfd_event_data of 1.14 and later: `event_age` shares the union with the exceptions. A size for
/// both: the union is as large as the memory exception.
struct EventData {
  union {
    kfd_hsa_memory_exception_data memory_exception_data;
    kfd_hsa_hw_exception_data hw_exception_data;
    std::uint64_t last_event_age;
  };
  std::uint64_t kfd_event_data_ext;
  std::uint32_t event_id;
  std::uint32_t pad;
};
static_assert(sizeof(EventData) == sizeof(kfd_event_data));

}  // namespace rocmfix::sim::kfd
