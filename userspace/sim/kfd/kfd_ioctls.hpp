// SPDX-License-Identifier: MIT
// The table of KFD's ioctls. A handler gets the kernel's copy of the argument, as large as both
// sides' struct, and gives 0 or a negative errno. What is not in the table is EINVAL, and said.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kfd/kfd_abi.hpp"
#include "kfd/process.hpp"

namespace rocmfix::sim {

/// Returns what ioctl(2) returns, errno set.
int kfd_ioctl(unsigned long request, void* argument);

// kfd_memory.cpp
int kfd_alloc_memory(Process& process, void* argument, std::size_t size);
int kfd_free_memory(Process& process, void* argument, std::size_t size);
int kfd_map_memory(Process& process, void* argument, std::size_t size);
int kfd_unmap_memory(Process& process, void* argument, std::size_t size);
int kfd_available_memory(Process& process, void* argument, std::size_t size);
// kfd_svm.cpp
int kfd_svm(Process& process, void* argument, std::size_t size);
// kfd_sharing.cpp
int kfd_export_dmabuf(Process& process, void* argument, std::size_t size);
int kfd_import_dmabuf(Process& process, void* argument, std::size_t size);
int kfd_dmabuf_info(Process& process, void* argument, std::size_t size);
// kfd_queues.cpp
int kfd_create_queue(Process& process, void* argument, std::size_t size);
int kfd_destroy_queue(Process& process, void* argument, std::size_t size);
int kfd_update_queue(Process& process, void* argument, std::size_t size);
int kfd_set_cu_mask(Process& process, void* argument, std::size_t size);
// kfd_events.cpp
int kfd_create_event(Process& process, void* argument, std::size_t size);
int kfd_destroy_event(Process& process, void* argument, std::size_t size);
int kfd_set_event(Process& process, void* argument, std::size_t size);
int kfd_reset_event(Process& process, void* argument, std::size_t size);
int kfd_wait_events(Process& process, void* argument, std::size_t size);
// kfd_process.cpp
int kfd_get_version(Process& process, void* argument, std::size_t size);
int kfd_set_memory_policy(Process& process, void* argument, std::size_t size);
int kfd_get_clock_counters(Process& process, void* argument, std::size_t size);
int kfd_get_apertures(Process& process, void* argument, std::size_t size);
int kfd_acquire_vm(Process& process, void* argument, std::size_t size);
int kfd_get_tile_config(Process& process, void* argument, std::size_t size);
int kfd_set_scratch(Process& process, void* argument, std::size_t size);
int kfd_set_trap_handler(Process& process, void* argument, std::size_t size);
int kfd_set_xnack_mode(Process& process, void* argument, std::size_t size);
int kfd_dbg_trap(Process& process, void* argument, std::size_t size);
int kfd_runtime_enable(Process& process, void* argument, std::size_t size);

}  // namespace rocmfix::sim
