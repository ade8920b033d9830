// SPDX-License-Identifier: MIT
// The caches of GFX10 as documented, not as silicon behaves. Sources: LLVM's AMDGPUUsage, "Memory
// Model GFX10-GFX11"; for glc, dlc and slc its review D114351 and pull request 89739, which follow
// AMD's ISA manuals (8.1.10); Mesa, which asks for UC to go round GL2; sizes as in kfd_crat.c.
// Inferred: what a system scope does to GL2, from what the scope promises; that a store evicts its
// GL1's line, from a wave's seeing its own stores without an invalidation.
//
//   wave      stores are under way until s_waitcnt_vscnt: those to different lines are performed in
//             any order. A load takes its value between its issue and its s_waitcnt.
//   L0        of a CU, write-through. A workgroup in WGP mode uses both CUs of a WGP, and so two of
//             them. A scalar L0 of a WGP, which no vector store changes.
//   GL1       of a shader array, read only: a store evicts the line from its own array's.
//   GL2       of a GPU, write-back. Atomics are performed here, and evict the line above.
//   memory    what the host, DMA and other GPUs see.
//
// Nothing but these brings a change to whoever has an old line, and nothing else is promised:
//
//   glc                    a load does not use its L0
//   dlc                    a load does not use its GL1; glc and slc: uses neither L0 nor GL1
//   buffer_gl0_inv         drops the CU's L0
//   buffer_gl1_inv, s_gl1_inv    drops the array's GL1
//   s_dcache_inv           drops the WGP's scalar L0
//   s_waitcnt_vscnt n      all but the newest n stores have been performed
//   a dispatch begins      L0 and GL1 of the GPU are dropped; acquire at system scope: GL2, too,
//                          after it is written back
//   a dispatch has ended   its stores have been performed; release at system scope: GL2 is written
//                          back
//   MTYPE UC, CC           loads, stores and atomics go round GL2, not round L0 and GL1. (CC is
//                          "coherent" in LLVM's words; KFD never asks for it on GFX10.)
//   MTYPE NC, WC           GL2 keeps the line
//
// A line may be written back or dropped at any time, and a store may be performed at any time
// before it has to be: Chance decides, by a seed.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace rocmfix::sim::cache {

/// By the numbers that the page table has.
enum class Mtype : std::uint8_t { nc = 0, wc = 1, cc = 2, uc = 3 };

constexpr bool goes_round_gl2(Mtype mtype) {
  return mtype == Mtype::cc || mtype == Mtype::uc;
}

/// Of an AQL packet's fence, by the numbers that its header has.
enum class Scope : std::uint8_t { none = 0, agent = 1, system = 2 };

/// Of all caches here; a scalar L0's are half as long in hardware.
constexpr std::uint64_t line_size = 128;

struct Line {
  alignas(16) std::array<std::uint8_t, line_size> bytes{};
  std::bitset<line_size> valid;
  std::bitset<line_size> dirty;  ///< in GL2 alone
};

constexpr std::uint64_t line_of(std::uint64_t va) {
  return va & ~(line_size - 1);
}

}  // namespace rocmfix::sim::cache
