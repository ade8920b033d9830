// SPDX-License-Identifier: MIT
#include "mtype.hpp"

#include "kfd_abi.hpp"

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

unsigned patched_mtype(const Card& card, rocmfix_policy_owner owner, unsigned stock) {
  const auto gc = static_cast<u32>(ROCMFIX_GC(card.gc_major, card.gc_minor, card.gc_revision));
  const rocmfix_policy* const policy = rocmfix_policy_find(gc);
  if (policy == nullptr || !policy->mtype) {
    return stock;
  }
  return rocmfix_policy_mtype(ROCMFIX_MODE_DATA, owner, stock);
}

rocmfix_policy_owner owner_of(std::uint32_t flags, bool local) {
  if ((flags & (KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL | KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP)) != 0 ||
      !local) {
    return ROCMFIX_OWNER_OTHER;
  }
  return (flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM) != 0 ? ROCMFIX_OWNER_KFD_VRAM
                                                     : ROCMFIX_OWNER_KFD_SYSTEM;
}

}  // namespace

Mtype mtype_of_bo(const Card& card, const Kernel& kernel, std::uint32_t flags, bool local) {
  std::uint32_t uncached = KFD_IOC_ALLOC_MEM_FLAGS_COHERENT | KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED;
  if (kernel.name != "6.1") {  // 6.1 has no such flag
    uncached |= KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT;
  }
  const unsigned stock = stock_mtype((flags & uncached) != 0);
  return {stock, patched_mtype(card, owner_of(flags, local), stock)};
}

Mtype mtype_of_svm(const Card& card, std::uint32_t flags) {
  const unsigned stock = stock_mtype((flags & KFD_IOCTL_SVM_FLAG_COHERENT) != 0);
  return {stock, patched_mtype(card, ROCMFIX_OWNER_SVM, stock)};
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
