// SPDX-License-Identifier: MIT
// KFD: what a process asks once. Version, clocks, apertures, and settings that change nothing here.
#include <cerrno>
#include <span>

#include "control/journal.hpp"
#include "gpu/queue.hpp"
#include "kfd/kfd_ioctls.hpp"

namespace rocmfix::sim {

int kfd_get_version(Process& /*process*/, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_get_version_args*>(argument);
  args.major_version = KFD_IOCTL_MAJOR_VERSION;
  args.minor_version = configuration()->kernel.kfd_minor;
  JournalLine("get_version").unsigned_number("minor", args.minor_version).number("result", 0);
  return 0;
}

int kfd_set_memory_policy(Process& /*process*/, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_set_memory_policy_args*>(argument);
  const int result = gpu_by_id(args.gpu_id) == nullptr ? -EINVAL : 0;
  JournalLine("set_memory_policy")
      .unsigned_number("gpu", args.gpu_id)
      .unsigned_number("default", args.default_policy)
      .unsigned_number("alternate", args.alternate_policy)
      .number("result", result);
  return result;
}

int kfd_get_clock_counters(Process& /*process*/, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_get_clock_counters_args*>(argument);
  const std::uint64_t now = now_ns();
  args.gpu_clock_counter = gpu_clock(now);
  args.cpu_clock_counter = now;
  args.system_clock_counter = now;
  args.system_clock_freq = 1'000'000'000;
  return 0;
}

int kfd_get_apertures(Process& /*process*/, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_get_process_apertures_new_args*>(argument);
  const auto count = static_cast<std::uint32_t>(gpus().size());
  if (args.num_of_nodes == 0) {
    args.num_of_nodes = count;
    return 0;
  }
  // NOLINTBEGIN(performance-no-int-to-ptr): the interface
  auto* const out =
      reinterpret_cast<kfd_process_device_apertures*>(args.kfd_process_device_apertures_ptr);
  // NOLINTEND(performance-no-int-to-ptr)
  if (out == nullptr) {
    return -EINVAL;
  }
  const std::uint32_t filled = std::min(args.num_of_nodes, count);
  for (std::uint32_t i = 0; i < filled; ++i) {
    kfd_process_device_apertures aperture{};  // kfd_init_apertures_v9()
    aperture.gpu_id = gpus()[i].gpu_id;
    aperture.lds_base = 1ULL << 48U;
    aperture.lds_limit = aperture.lds_base | 0xffffffffU;
    aperture.scratch_base = 2ULL << 48U;
    aperture.scratch_limit = aperture.scratch_base | 0xffffffffU;
    aperture.gpuvm_base = 16U << 20U;
    aperture.gpuvm_limit = (1ULL << 47U) - 1;
    out[i] = aperture;
  }
  args.num_of_nodes = filled;
  return 0;
}

int kfd_acquire_vm(Process& /*process*/, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_acquire_vm_args*>(argument);
  const Gpu* const gpu = gpu_by_id(args.gpu_id);
  const Process::Identity file = Process::identify(static_cast<int>(args.drm_fd));
  const bool fits = gpu != nullptr && file.file == Process::File::render && file.gpu == gpu->index;
  JournalLine("acquire_vm")
      .unsigned_number("gpu", args.gpu_id)
      .number("result", fits ? 0 : -EINVAL);
  return fits ? 0 : -EINVAL;
}

int kfd_get_tile_config(Process& /*process*/, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_get_tile_config_args*>(argument);
  const Gpu* const gpu = gpu_by_id(args.gpu_id);
  if (gpu == nullptr) {
    return -EINVAL;
  }
  args.num_tile_configs = 0;  // GFX9 and later have no such tables
  args.num_macro_tile_configs = 0;
  args.gb_addr_config = gb_addr_config(*gpu->card);
  args.num_banks = 0;
  args.num_ranks = 0;
  return 0;
}

int kfd_set_scratch(Process& /*process*/, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_set_scratch_backing_va_args*>(argument);
  JournalLine("set_scratch_backing_va").unsigned_number("gpu", args.gpu_id).hex("va", args.va_addr);
  return gpu_by_id(args.gpu_id) == nullptr ? -EINVAL : 0;
}

int kfd_set_trap_handler(Process& /*process*/, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_set_trap_handler_args*>(argument);
  JournalLine("set_trap_handler").unsigned_number("gpu", args.gpu_id).hex("tba", args.tba_addr);
  return gpu_by_id(args.gpu_id) == nullptr ? -EINVAL : 0;
}

int kfd_set_xnack_mode(Process& /*process*/, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_set_xnack_mode_args*>(argument);
  int result = 0;
  if (!configuration()->kernel.svm || args.xnack_enabled > 0) {
    result = -EPERM;  // no GFX10 can (kfd_process_xnack_mode()); without SVM nobody may ask
  } else {
    args.xnack_enabled = 0;
  }
  JournalLine("set_xnack_mode").number("enabled", args.xnack_enabled).number("result", result);
  return result;
}

// ROCr asks for it to write a core dump of the GPU after a fault: there is no wave to dump here.
int kfd_dbg_trap(Process& /*process*/, void* /*argument*/, std::size_t /*size*/) {
  JournalLine("dbg_trap").number("result", -EPERM);
  return -EPERM;
}

int kfd_runtime_enable(Process& /*process*/, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd::RuntimeEnable*>(argument);
  JournalLine("runtime_enable").unsigned_number("mode", args.mode_mask).number("result", 0);
  return 0;
}

}  // namespace rocmfix::sim
