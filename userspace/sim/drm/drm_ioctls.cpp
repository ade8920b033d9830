// SPDX-License-Identifier: MIT
#include "drm/drm_ioctls.hpp"

#include <libdrm/amdgpu_drm.h>
#include <libdrm/drm.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "control/journal.hpp"
#include "kfd/process.hpp"
#include "kfd/sharing.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

int version(drm_version& out) {
  constexpr std::string_view name = "amdgpu";
  constexpr std::string_view date = "20150101";
  constexpr std::string_view description = "AMD GPU";
  const auto give = [](char* to, __kernel_size_t& room, std::string_view text) {
    if (to != nullptr) {
      std::memcpy(to, text.data(), std::min<std::size_t>(room, text.size()));
    }
    room = text.size();
  };
  out.version_major = 3;
  out.version_minor = static_cast<int>(configuration()->kernel.drm_minor);
  out.version_patchlevel = 0;
  give(out.name, out.name_len, name);
  give(out.date, out.date_len, date);
  give(out.desc, out.desc_len, description);
  return 0;
}

// amdgpu_device.c and nv.c: family, and what is added to the silicon's revision.
struct FamilyRevision {
  std::uint32_t gfx_target, family, external_rev;
};
constexpr FamilyRevision families[] = {
    {100100, AMDGPU_FAMILY_NV, 0x01},
    {100101, AMDGPU_FAMILY_NV, 0x0a},
    {100102, AMDGPU_FAMILY_NV, 0x14},
    {100300, AMDGPU_FAMILY_NV, 0x28},
    {100301, AMDGPU_FAMILY_NV, 0x32},
    {100302, AMDGPU_FAMILY_NV, 0x3c},
    {100304, AMDGPU_FAMILY_NV, 0x46},
    {100306, 149, 0x01},  // AMDGPU_FAMILY_GC_10_3_6
    {110000, 145, 0x01},  // AMDGPU_FAMILY_GC_11_0_0
};

drm_amdgpu_info_device device_info(const Gpu& gpu) {
  const Card& card = *gpu.card;
  drm_amdgpu_info_device info{};
  const auto* const family =
      std::find_if(std::begin(families), std::end(families),
                   [&](const FamilyRevision& f) { return f.gfx_target == card.gfx_target; });
  info.device_id = card.device;
  info.pci_rev = card.revision;
  info.family = family == std::end(families) ? AMDGPU_FAMILY_UNKNOWN : family->family;
  info.external_rev = family == std::end(families) ? 0 : family->external_rev;
  info.num_shader_engines = card.engines;
  info.num_shader_arrays_per_engine = card.arrays;
  info.gpu_counter_freq = 100'000;
  info.max_engine_clock = card.sclk * 1000ULL;
  info.max_memory_clock = card.mclk * 1000ULL;
  info.cu_active_number = card.cu;
  info.num_rb_pipes = card.engines * 4;
  info.num_hw_gfx_contexts = 8;
  info.ids_flags = card.apu ? AMDGPU_IDS_FLAGS_FUSION : 0;
  info.virtual_address_offset = 2U << 20U;
  info.virtual_address_max = 1ULL << 47U;
  info.virtual_address_alignment = 4096;
  info.pte_fragment_size = 2U << 20U;
  info.gart_page_size = 4096;
  info.vram_bit_width = card.vram_width;
  info.wave_front_size = 32;
  info.num_cu_per_sh = card.cu_per_array;
  info.gc_double_offchip_lds_buf = 1;
  info.high_va_offset = 0xffff800000000000ULL;
  info.high_va_max = 0xffffffffffe00000ULL;
  return info;
}

drm_amdgpu_memory_info memory_info(Process& process, const Gpu& gpu) {
  drm_amdgpu_memory_info info{};
  const std::uint64_t vram = gpu.card->vram_bytes();
  const std::uint64_t visible = gpu.large_bar ? vram : std::min<std::uint64_t>(vram, 256U << 20U);
  const std::lock_guard lock(process.mutex);
  const std::uint64_t used = process.arenas[gpu.index].vram_used;
  info.vram = {vram, vram, used, vram - used};
  info.cpu_accessible_vram = {visible, visible, 0, visible};
  info.gtt = {vram, vram, 0, vram};
  return info;
}

constexpr std::uint32_t mm_gb_addr_config = 0x263e;  // as libdrm asks for it

int query(Process& process, const Gpu& gpu, const drm_amdgpu_info& request) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the interface
  auto* const out = reinterpret_cast<char*>(request.return_pointer);
  const auto give = [&](const auto& value) {
    std::memcpy(out, &value, std::min<std::size_t>(request.return_size, sizeof value));
    return 0;
  };
  switch (request.query) {
    case AMDGPU_INFO_ACCEL_WORKING:
      return give(std::uint32_t{1});
    case AMDGPU_INFO_HW_IP_COUNT:  // instances of an engine
      return give(request.query_hw_ip.type == AMDGPU_HW_IP_DMA ? gpu.card->sdma : 1U);
    case AMDGPU_INFO_HW_IP_INFO: {
      drm_amdgpu_info_hw_ip info{};
      const bool is_dma = request.query_hw_ip.type == AMDGPU_HW_IP_DMA;
      info.hw_ip_version_major = is_dma ? 5 : gpu.card->gc_major;
      info.hw_ip_version_minor = is_dma ? 0 : gpu.card->gc_minor;
      info.available_rings = request.query_hw_ip.type <= AMDGPU_HW_IP_DMA ? 1 : 0;
      return give(info);
    }
    case AMDGPU_INFO_DEV_INFO:
      return give(device_info(gpu));
    case AMDGPU_INFO_MEMORY:
      return give(memory_info(process, gpu));
    case AMDGPU_INFO_VRAM_USAGE:
      return give(memory_info(process, gpu).vram.heap_usage);
    case AMDGPU_INFO_READ_MMR_REG:
      if (request.read_mmr_reg.dword_offset == mm_gb_addr_config) {
        return give(gb_addr_config(*gpu.card));
      }
      std::memset(out, 0,
                  std::min<std::size_t>(request.return_size,
                                        request.read_mmr_reg.count * sizeof(std::uint32_t)));
      return 0;
    case AMDGPU_INFO_FW_VERSION:
      return give(drm_amdgpu_info_firmware{});
    default:
      complain(formatted("error: DRM query {:#x} is not simulated: EINVAL", request.query));
      return -EINVAL;
  }
}

std::shared_ptr<Buffer> gem_buffer(Process& process, unsigned gpu, std::uint32_t handle) {
  const std::lock_guard lock(process.mutex);
  const auto found = process.arenas[gpu].gem.find(handle);
  return found == process.arenas[gpu].gem.end() ? nullptr : found->second;
}

int import(Process& process, unsigned gpu, drm_prime_handle& args) {
  const auto buffer = shared_buffer(args.fd);
  if (buffer == nullptr) {
    return -EINVAL;
  }
  const std::lock_guard lock(process.mutex);
  Process::Arena& arena = process.arenas[gpu];
  for (const auto& [handle, known] : arena.gem) {
    if (known == buffer) {  // DRM gives one handle for one object
      args.handle = handle;
      return 0;
    }
  }
  args.handle = arena.next_gem++;
  arena.gem[args.handle] = buffer;
  return 0;
}

int map_va(Process& process, unsigned gpu, const drm_amdgpu_gem_va& args) {
  int result = 0;
  Mtype mtype;
  if (args.operation == AMDGPU_VA_OP_MAP || args.operation == AMDGPU_VA_OP_REPLACE) {
    const auto buffer = gem_buffer(process, gpu, args.handle);
    if (buffer == nullptr || args.offset_in_bo > buffer->size ||
        args.map_size > buffer->size - args.offset_in_bo) {
      result = -EINVAL;
    } else {
      mtype = mtype_of_bo(gpus()[gpu], configuration()->kernel, buffer->flags, buffer->gpu == gpu);
      process.memory.map(gpu, args.va_address, args.map_size, buffer, args.offset_in_bo, mtype);
    }
  } else {
    result = process.memory.unmap(gpu, args.va_address) ? 0 : -ENOENT;
  }
  JournalLine("gem_va")
      .unsigned_number("gpu", gpus()[gpu].gpu_id)
      .text("operation", args.operation == AMDGPU_VA_OP_MAP     ? "map"
                         : args.operation == AMDGPU_VA_OP_UNMAP ? "unmap"
                         : args.operation == AMDGPU_VA_OP_CLEAR ? "clear"
                                                                : "replace")
      .hex("va", args.va_address)
      .unsigned_number("size", args.map_size)
      .hex("flags", args.flags)
      .text("mtype_stock", mtype_name(mtype.stock))
      .text("mtype_patched", mtype_name(mtype.patched))
      .number("result", result);
  return result;
}

int mmap_offset(Process& process, unsigned gpu, drm_amdgpu_gem_mmap& args) {
  const auto buffer = gem_buffer(process, gpu, args.in.handle);
  // Offsets are those of the arena that the memory is in, so of that GPU's render node alone.
  if (buffer == nullptr || buffer->backing == nullptr || buffer->gpu != gpu) {
    return -EINVAL;
  }
  args.out.addr_ptr = buffer->backing->offset();
  return 0;
}

int dispatch(Process& process, unsigned gpu, unsigned nr, void* argument) {
  switch (nr) {
    case 0x00:
      return version(*static_cast<drm_version*>(argument));
    case 0x09: {  // GEM_CLOSE
      const std::lock_guard lock(process.mutex);
      const auto handle = static_cast<drm_gem_close*>(argument)->handle;
      return process.arenas[gpu].gem.erase(handle) != 0 ? 0 : -EINVAL;
    }
    case 0x0c: {  // GET_CAP
      auto& cap = *static_cast<drm_get_cap*>(argument);
      cap.value = cap.capability == DRM_CAP_PRIME ? DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT : 0;
      return 0;
    }
    case 0x2d: {  // PRIME_HANDLE_TO_FD
      auto& args = *static_cast<drm_prime_handle*>(argument);
      const auto buffer = gem_buffer(process, gpu, args.handle);
      args.fd = buffer == nullptr ? -ENOENT : share_buffer(buffer);
      return std::min(args.fd, 0);
    }
    case 0x2e:  // PRIME_FD_TO_HANDLE
      return import(process, gpu, *static_cast<drm_prime_handle*>(argument));
    case DRM_COMMAND_BASE + DRM_AMDGPU_INFO:
      return query(process, gpus()[gpu], *static_cast<drm_amdgpu_info*>(argument));
    case DRM_COMMAND_BASE + DRM_AMDGPU_GEM_MMAP:
      return mmap_offset(process, gpu, *static_cast<drm_amdgpu_gem_mmap*>(argument));
    case DRM_COMMAND_BASE + DRM_AMDGPU_GEM_VA:
      return map_va(process, gpu, *static_cast<drm_amdgpu_gem_va*>(argument));
    default:
      complain(formatted("error: DRM ioctl {:#x} is not simulated: EINVAL", nr));
      return -EINVAL;
  }
}

}  // namespace

int drm_ioctl(unsigned gpu, unsigned long request, void* argument) {
  const int result = dispatch(Process::current(), gpu, _IOC_NR(request), argument);
  if (result < 0) {
    errno = -result;
    return -1;
  }
  return result;
}

}  // namespace rocmfix::sim
