// SPDX-License-Identifier: MIT
// The MTYPE that amdgpu would write into the page table for a mapping: stock (facts from
// get_pte_flags() in 6.1, gmc_v10_0_get_vm_pte() in 6.12 and later, svm_range_get_pte_flags()), and
// what the rocmfix policy makes of it, by calling the kernel's own rocmfix_policy.c.
#pragma once

#include <cstdint>
#include <string_view>

#include "control/configuration.hpp"

namespace rocmfix::sim {

struct Gpu;
struct SvmAttributes;

struct Mtype {
  unsigned stock = 0;
  unsigned patched = 0;  ///< with the mode that the card's options ask for
};

/// A KFD BO in this GPU's page table; `flags` are KFD_IOC_ALLOC_MEM_FLAGS_*. `local`: the mapping
/// GPU is the one that it was allocated on.
Mtype mtype_of_bo(const Gpu& gpu, const Kernel& kernel, std::uint32_t flags, bool local = true);

/// An SVM range, on a kernel that has SVM.
Mtype mtype_of_svm(const Gpu& gpu, const SvmAttributes& attributes);

/// What the page table has: the patched driver's, or the stock one's.
unsigned mtype_in_force(const Gpu& gpu, const Mtype& mtype);

/// "NC", "WC", "CC", "UC"
std::string_view mtype_name(unsigned mtype);

}  // namespace rocmfix::sim
