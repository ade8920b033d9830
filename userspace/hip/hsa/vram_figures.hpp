// SPDX-License-Identifier: MIT
// What ROCr says of a card's VRAM is the process's limit: its pool's size, and what is available of
// it. HIP takes its own figures from these, so they agree with the limit however a program has
// found HIP's functions: ctypes and dlsym(3) on a handle go past preloaded ones.
//
// Not with ROCMFIX_OOM=host: there a program may have more than the limit.
#ifndef ROCMFIX_HIP_VRAM_FIGURES_HPP
#define ROCMFIX_HIP_VRAM_FIGURES_HPP

#include "hsa/hsa_slots.hpp"

namespace rocmfix::hip {

/// The limit is more than what HIP is told of: a block of which no HIP function of ours knows can
/// be refused.
bool is_strict();

/// After read_tables(), before ROCr lets anyone else in.
void install_vram_figures(char* core, const CoreSlots& core_slots, char* ext,
                          const AmdExtSlots& slots);

}  // namespace rocmfix::hip

#endif
