// SPDX-License-Identifier: MIT
#include "gpu/mtype.hpp"

#include "kfd/kfd_abi.hpp"
#include "kfd/process.hpp"

extern "C" {
#include "rocmfix_policy.h"
}

namespace rocmfix::sim {

namespace {

// GFX9 and GFX11 give other defaults; their MTYPEs are not this project's subject, and for GFX11
// get_vm_pte() has the same shape as for GFX10.
unsigned stock_mtype(bool uncached) {
  return uncached ? ROCMFIX_PTE_UC : ROCMFIX_PTE_NC;
}

static_assert(ROCMFIX_MODE_PRIVATE == static_cast<int>(MtypeMode::private_) &&
              ROCMFIX_MODE_DATA == static_cast<int>(MtypeMode::data) &&
              ROCMFIX_MODE_ALL == static_cast<int>(MtypeMode::all));

unsigned patched_mtype(const Gpu& gpu, rocmfix_policy_owner owner, unsigned stock) {
  const Card& card = *gpu.card;
  const auto gc = static_cast<u32>(ROCMFIX_GC(card.gc_major, card.gc_minor, card.gc_revision));
  const rocmfix_policy* const policy = rocmfix_policy_find(gc);
  if (policy == nullptr || !policy->mtype) {
    return stock;
  }
  return rocmfix_policy_mtype(static_cast<rocmfix_policy_mode>(gpu.mtype), owner, stock);
}

rocmfix_policy_owner owner_of(std::uint32_t flags, bool local) {
  if ((flags & (KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL | KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP)) != 0 ||
      !local) {
    return ROCMFIX_OWNER_OTHER;
  }
  return (flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM) != 0 ? ROCMFIX_OWNER_KFD_VRAM
                                                     : ROCMFIX_OWNER_KFD_SYSTEM;
}

// svm_range_best_prefetch_location(): VRAM when the range was prefetched to this GPU, no other GPU
// has access, and it is no APU with its memory in GTT.
bool is_in_vram(const Gpu& gpu, const SvmAttributes& attributes) {
  return !gpu.card->apu && attributes.prefetch == gpu.gpu_id &&
         (attributes.access & ~(std::uint64_t{1} << gpu.index)) == 0;
}

}  // namespace

Mtype mtype_of_bo(const Gpu& gpu, const Kernel& kernel, std::uint32_t flags, bool local) {
  std::uint32_t uncached = KFD_IOC_ALLOC_MEM_FLAGS_COHERENT | KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED;
  if (kernel.name != "6.1") {  // 6.1 has no such flag
    uncached |= KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT;
  }
  const unsigned stock = stock_mtype((flags & uncached) != 0);
  return {stock, patched_mtype(gpu, owner_of(flags, local), stock)};
}

Mtype mtype_of_svm(const Gpu& gpu, const SvmAttributes& attributes) {
  constexpr std::uint32_t coherent = KFD_IOCTL_SVM_FLAG_COHERENT | KFD_IOCTL_SVM_FLAG_EXT_COHERENT;
  const unsigned stock = stock_mtype((attributes.flags & coherent) != 0);
  const auto owner =
      is_in_vram(gpu, attributes) ? ROCMFIX_OWNER_SVM_VRAM : ROCMFIX_OWNER_SVM_SYSTEM;
  return {stock, patched_mtype(gpu, owner, stock)};
}

unsigned mtype_in_force(const Gpu& gpu, const Mtype& mtype) {
  return gpu.patched ? mtype.patched : mtype.stock;
}

std::string_view mtype_name(unsigned mtype) {
  switch (mtype) {
    case ROCMFIX_PTE_NC:
      return "NC";
    case ROCMFIX_PTE_WC:
      return "WC";
    case ROCMFIX_PTE_CC:
      return "CC";
    case ROCMFIX_PTE_UC:
      return "UC";
    default:
      return "?";
  }
}

}  // namespace rocmfix::sim
