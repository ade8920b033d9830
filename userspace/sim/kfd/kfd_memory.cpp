// SPDX-License-Identifier: MIT
// KFD: memory of GPUs. Allocation, mapping into page tables, and what is left of VRAM.
#include <sys/sysinfo.h>

#include <bit>
#include <cerrno>
#include <utility>
#include <vector>

#include "control/faults.hpp"
#include "control/journal.hpp"
#include "kfd/kfd_ioctls.hpp"

namespace rocmfix::sim {

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t availability_align = 2U << 20U;  // VRAM_AVAILABILITY_ALIGN

constexpr std::pair<std::uint32_t, std::string_view> flag_names[] = {
    {KFD_IOC_ALLOC_MEM_FLAGS_VRAM, "VRAM"},
    {KFD_IOC_ALLOC_MEM_FLAGS_GTT, "GTT"},
    {KFD_IOC_ALLOC_MEM_FLAGS_USERPTR, "USERPTR"},
    {KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL, "DOORBELL"},
    {KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP, "MMIO_REMAP"},
    {KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE, "WRITABLE"},
    {KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE, "EXECUTABLE"},
    {KFD_IOC_ALLOC_MEM_FLAGS_PUBLIC, "PUBLIC"},
    {KFD_IOC_ALLOC_MEM_FLAGS_NO_SUBSTITUTE, "NO_SUBSTITUTE"},
    {KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM, "AQL_QUEUE_MEM"},
    {KFD_IOC_ALLOC_MEM_FLAGS_COHERENT, "COHERENT"},
    {KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED, "UNCACHED"},
    {KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT, "EXT_COHERENT"},
    {KFD_IOC_ALLOC_MEM_FLAGS_CONTIGUOUS, "CONTIGUOUS"},
};

std::vector<std::string_view> names_of(std::uint32_t flags) {
  std::vector<std::string_view> names;
  for (const auto& [flag, name] : flag_names) {
    if ((flags & flag) != 0) {
      names.push_back(name);
    }
  }
  return names;
}

// amdgpu_amdkfd_gpuvm_init_mem_limits(): all of RAM but a 64th, and less 512 MiB.
std::uint64_t system_limit() {
  static const std::uint64_t limit = [] {
    struct sysinfo info {};
    sysinfo(&info);
    const std::uint64_t all = info.totalram * info.mem_unit;
    constexpr std::uint64_t reserve = 512ULL << 20U;
    const std::uint64_t most = all - (all >> 6U);
    return most < 2 * reserve ? most >> 1U : most - reserve;
  }();
  return limit;
}

bool is_system(std::uint32_t flags) {
  return (flags & (KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_IOC_ALLOC_MEM_FLAGS_USERPTR)) != 0;
}

// Under process.mutex.
int reserve(Process& process, const Gpu& gpu, std::uint32_t flags, std::uint64_t size,
            std::uint64_t vram_limit) {
  if ((flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM) != 0) {
    std::uint64_t& used = process.arenas[gpu.index].vram_used;
    if (size > vram_limit || used > vram_limit - size) {
      return -ENOMEM;
    }
    used += size;
  } else if (is_system(flags)) {
    if (size > system_limit() || process.system_used > system_limit() - size) {
      return -ENOMEM;
    }
    process.system_used += size;
  }
  return 0;
}

int check_request(const Gpu& gpu, const kfd_ioctl_alloc_memory_of_gpu_args& args) {
  constexpr std::uint32_t kinds =
      KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_IOC_ALLOC_MEM_FLAGS_USERPTR |
      KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL | KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP;
  if (args.size == 0 || !std::has_single_bit(args.flags & kinds) || args.va_addr % page != 0) {
    return -EINVAL;
  }
  constexpr std::uint32_t visible = KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_PUBLIC;
  if ((args.flags & visible) == visible && !gpu.large_bar) {
    return -EINVAL;  // "Alloc host visible vram on small bar is not allowed"
  }
  if ((args.flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM) != 0) {
    complain("error: memory mapped twice for an AQL queue is not simulated: EINVAL");
    return -EINVAL;
  }
  return 0;
}

int allocate(Process& process, const Gpu& gpu, kfd_ioctl_alloc_memory_of_gpu_args& args) {
  if (const int bad = check_request(gpu, args)) {
    return bad;
  }
  auto buffer = std::make_shared<Buffer>();
  buffer->va = args.va_addr;
  buffer->size = (args.size + page - 1) / page * page;
  buffer->flags = args.flags;
  buffer->gpu = gpu.index;
  const std::uint64_t vram = process.faults().vram_bytes(gpu.index);
  const std::lock_guard lock(process.mutex);
  if (const int bad = reserve(process, gpu, args.flags, buffer->size, vram)) {
    return bad;
  }
  Process::Arena& arena = process.arenas[gpu.index];
  if ((args.flags & KFD_IOC_ALLOC_MEM_FLAGS_USERPTR) != 0) {
    buffer->user_address = args.mmap_offset;
  } else if ((args.flags & KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL) != 0) {
    buffer->user_address = reinterpret_cast<std::uint64_t>(process.doorbells[gpu.index]);
    args.mmap_offset = Process::doorbell_offset(gpu.index);
  } else {
    buffer->backing = std::make_shared<Backing>(arena.fd, arena.next, buffer->size);
    args.mmap_offset = arena.next;
    arena.next += buffer->size;
  }
  buffer->serial = ++process.allocations;
  buffer->handle = std::uint64_t{gpu.gpu_id} << 32U | arena.next_handle++;
  args.handle = buffer->handle;
  process.buffers[buffer->handle] = std::move(buffer);
  return 0;
}

}  // namespace

int kfd_alloc_memory(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_alloc_memory_of_gpu_args*>(argument);
  const Gpu* const gpu = gpu_by_id(args.gpu_id);
  const int result = gpu == nullptr ? -EINVAL : allocate(process, *gpu, args);
  if (gpu != nullptr) {
    const Mtype mtype = mtype_of_bo(*gpu, configuration()->kernel, args.flags);
    JournalLine line("alloc_memory_of_gpu");
    line.unsigned_number("gpu", args.gpu_id)
        .hex("va", args.va_addr)
        .unsigned_number("size", args.size)
        .texts("flags", names_of(args.flags))
        .text("mtype_stock", mtype_name(mtype.stock))
        .text("mtype_patched", mtype_name(mtype.patched))
        .number("result", result);
    if (result == 0) {
      line.hex("handle", args.handle);
    }
  }
  if (result == 0) {
    std::uint64_t count = 0;
    {
      const std::lock_guard lock(process.mutex);
      count = process.allocations;
    }
    process.faults().on_allocation(count);
  }
  return result;
}

int kfd_free_memory(Process& process, void* argument, std::size_t /*size*/) {
  const auto& args = *static_cast<kfd_ioctl_free_memory_of_gpu_args*>(argument);
  std::shared_ptr<Buffer> buffer;
  int result = 0;
  {
    const std::lock_guard lock(process.mutex);
    const auto found = process.buffers.find(args.handle);
    if (found == process.buffers.end()) {
      result = -EINVAL;
    } else {
      for (const Gpu& gpu : gpus()) {
        const auto entry = process.memory.entry(gpu.index, found->second->va);
        if (entry && entry->buffer == found->second) {
          result = -EBUSY;  // "still mapped"
        }
      }
    }
    if (result == 0) {
      buffer = std::move(found->second);
      process.buffers.erase(found);
      if (buffer->imported) {
        // on its owner's account
      } else if ((buffer->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM) != 0) {
        process.arenas[buffer->gpu].vram_used -= buffer->size;
      } else if (is_system(buffer->flags)) {
        process.system_used -= buffer->size;
      }
    }
  }
  JournalLine line("free_memory_of_gpu");
  line.hex("handle", args.handle).number("result", result);
  if (buffer != nullptr) {
    line.hex("va", buffer->va).unsigned_number("size", buffer->size);
  }
  return result;
}

namespace {

std::shared_ptr<Buffer> find_buffer(Process& process, std::uint64_t handle) {
  const std::lock_guard lock(process.mutex);
  const auto found = process.buffers.find(handle);
  return found == process.buffers.end() ? nullptr : found->second;
}

// For map and unmap, whose arguments are alike. `n_success` counts what is done already.
template <class Args, class Each>
int each_gpu(const Args& args, std::uint32_t& done, std::vector<std::uint64_t>& ids, Each each) {
  if (args.n_devices == 0 || args.n_success > args.n_devices) {
    return -EINVAL;
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the interface
  const auto* const wanted = reinterpret_cast<const std::uint32_t*>(args.device_ids_array_ptr);
  for (std::uint32_t i = args.n_success; i < args.n_devices; ++i) {
    const Gpu* const gpu = gpu_by_id(wanted[i]);
    if (gpu == nullptr) {
      return -EINVAL;
    }
    each(*gpu);
    ids.push_back(wanted[i]);
    done = i + 1;
  }
  return 0;
}

}  // namespace

int kfd_map_memory(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_map_memory_to_gpu_args*>(argument);
  const auto buffer = find_buffer(process, args.handle);
  std::vector<std::uint64_t> ids;
  std::vector<std::string_view> stock;
  std::vector<std::string_view> patched;
  int result = -EINVAL;
  if (buffer != nullptr) {
    result = each_gpu(args, args.n_success, ids, [&](const Gpu& gpu) {
      const Mtype mtype =
          mtype_of_bo(gpu, configuration()->kernel, buffer->flags, gpu.index == buffer->gpu);
      stock.push_back(mtype_name(mtype.stock));
      patched.push_back(mtype_name(mtype.patched));
      process.memory.map(gpu.index, buffer->va, buffer->size, buffer, 0, mtype);
    });
  }
  JournalLine line("map_memory_to_gpu");
  line.hex("handle", args.handle).numbers("gpus", ids).number("result", result);
  if (buffer != nullptr) {
    line.hex("va", buffer->va)
        .unsigned_number("size", buffer->size)
        .texts("mtype_stock", stock)
        .texts("mtype_patched", patched);
  }
  return result;
}

int kfd_unmap_memory(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd_ioctl_unmap_memory_from_gpu_args*>(argument);
  const auto buffer = find_buffer(process, args.handle);
  std::vector<std::uint64_t> ids;
  int result = -EINVAL;
  if (buffer != nullptr) {
    result = each_gpu(args, args.n_success, ids,
                      [&](const Gpu& gpu) { process.memory.unmap(gpu.index, buffer->va); });
  }
  JournalLine line("unmap_memory_from_gpu");
  line.hex("handle", args.handle).numbers("gpus", ids).number("result", result);
  if (buffer != nullptr) {
    line.hex("va", buffer->va).unsigned_number("size", buffer->size);
  }
  return result;
}

int kfd_available_memory(Process& process, void* argument, std::size_t /*size*/) {
  auto& args = *static_cast<kfd::AvailableMemory*>(argument);
  const Gpu* const gpu = gpu_by_id(args.gpu_id);
  if (gpu == nullptr) {
    return -EINVAL;
  }
  const std::uint64_t vram = process.faults().vram_bytes(gpu->index);
  const std::lock_guard lock(process.mutex);
  const std::uint64_t used = process.arenas[gpu->index].vram_used;
  args.available = used > vram ? 0 : (vram - used) / availability_align * availability_align;
  return 0;
}

}  // namespace rocmfix::sim
