// SPDX-License-Identifier: MIT
// Every kind of memory that a HIP program can share with a GPU. Nothing but these calls is in
// memory.cpp, so that it can also be built as a library of another name (`--caller`): who asks for
// memory is identified by the object that the call comes from.
#ifndef ROCMFIX_LITMUS_MEMORY_HPP
#define ROCMFIX_LITMUS_MEMORY_HPP

#include <cstddef>

extern "C" {

enum LitmusKind {
  litmus_host_default,       // hipHostMalloc(0), PyTorch's pinned memory
  litmus_host_mapped,        // hipHostMalloc(Mapped), RCCL's rings
  litmus_host_coherent,      // hipHostMalloc(Coherent)
  litmus_host_noncoherent,   // hipHostMalloc(NonCoherent)
  litmus_managed,            // hipMallocManaged
  litmus_registered,         // hipHostRegister of private memory
  litmus_registered_shared,  // hipHostRegister of MAP_SHARED memory
  litmus_vram_finegrained,   // hipExtMallocWithFlags(Finegrained)
  litmus_vram_uncached,      // hipExtMallocWithFlags(Uncached)
  litmus_vram,               // hipMalloc
};

struct LitmusMemory {
  void* host;    // as the CPU sees it
  void* device;  // as a kernel does
  size_t size;
};

/// hipError_t; 0: well. For registered_shared `shared` is a name in /dev/shm, made if it is not
/// there; nullptr: memory that a fork shares.
int litmus_take(enum LitmusKind kind, size_t size, const char* shared, struct LitmusMemory* memory);
void litmus_give_back(enum LitmusKind kind, struct LitmusMemory* memory);
}

#endif
