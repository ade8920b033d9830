// SPDX-License-Identifier: MIT
// For a debugger or a test in the process, found by dlsym: the ledger as it is now. Not an
// interface for programs; it may change with every release.
#ifndef ROCMFIX_HIP_LIVE_BLOCKS_HPP
#define ROCMFIX_HIP_LIVE_BLOCKS_HPP

#include <cstddef>
#include <cstdint>

extern "C" {

struct RocmfixLiveBlock {
  uint64_t address;
  uint64_t gpu_address;  // of registered memory, which the GPU may see elsewhere
  uint64_t size;         // bytes, as asked for
  uint64_t charged;      // bytes of VRAM that count against the limit
  uint64_t time;         // ns, CLOCK_MONOTONIC
  int of_program;        // 0: the runtime's own
};

using RocmfixSeeBlock = void (*)(void* context, const RocmfixLiveBlock* block);

/// Returns how many parts of the ledger could not be read.
size_t rocmfix_hip_live_blocks(RocmfixSeeBlock see, void* context);
}

#endif
