// SPDX-License-Identifier: MIT
// The interposer's stand-ins for ROCr's functions, and putting them into ROCr's table.
#ifndef ROCMFIX_HIP_HSA_HOOKS_HPP
#define ROCMFIX_HIP_HSA_HOOKS_HPP

#include "hsa/hsa_slots.hpp"

namespace rocmfix::hip {

/// Reads the functions of ROCr's tables into `rocr`. False: one that is needed is not there.
bool read_tables(const char* core, const CoreSlots& core_slots, const char* ext,
                 const AmdExtSlots& slots);
void install_hooks(char* ext, const AmdExtSlots& slots);

}  // namespace rocmfix::hip

#endif
