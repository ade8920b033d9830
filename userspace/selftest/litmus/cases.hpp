// SPDX-License-Identifier: MIT
// The cases of the litmus test: a kind of memory, and who is at the other end.
#ifndef ROCMFIX_LITMUS_CASES_HPP
#define ROCMFIX_LITMUS_CASES_HPP

#include <cstddef>
#include <string_view>

#include "memory.hpp"

namespace rocmfix::litmus {

enum class Partner { cpu, cpu_of_other_process, gpu_of_other_process };

struct Case {
  const char* name;
  LitmusKind kind;
  Partner partner;
  bool coherent;  // the program asks for coherent memory, or HIP promises it
  const char* summary;
};

inline constexpr Case cases[] = {
    {"host", litmus_host_default, Partner::cpu, true, "hipHostMalloc(0): PyTorch's pinned memory"},
    {"host-mapped", litmus_host_mapped, Partner::cpu, true, "hipHostMalloc(Mapped): RCCL's rings"},
    {"host-coherent", litmus_host_coherent, Partner::cpu, true, "hipHostMalloc(Coherent)"},
    {"host-noncoherent", litmus_host_noncoherent, Partner::cpu, false,
     "hipHostMalloc(NonCoherent): may fail"},
    {"managed", litmus_managed, Partner::cpu, true, "hipMallocManaged"},
    {"registered", litmus_registered, Partner::cpu, true, "hipHostRegister of private memory"},
    {"registered-shared", litmus_registered_shared, Partner::cpu, true,
     "hipHostRegister of MAP_SHARED memory"},
    {"shm-cpu", litmus_registered_shared, Partner::cpu_of_other_process, true,
     "hipHostRegister of /dev/shm, with another process's CPU"},
    {"shm-gpu", litmus_registered_shared, Partner::gpu_of_other_process, true,
     "hipHostRegister of /dev/shm, with another process's kernel: RCCL's transport"},
    {"vram-finegrained", litmus_vram_finegrained, Partner::cpu, true,
     "hipExtMallocWithFlags(Finegrained)"},
    {"vram-uncached", litmus_vram_uncached, Partner::cpu, true, "hipExtMallocWithFlags(Uncached)"},
    {"vram", litmus_vram, Partner::cpu, false,
     "hipMalloc, where the CPU can map it: negative control, may fail"},
};

/// Each case has a size of its own, by which it is found in the simulator's journal.
inline size_t size_of(const Case& one) {
  constexpr size_t step = 64U << 10U;
  return (1U << 20U) + static_cast<size_t>(&one - cases + 1) * step;
}

inline const Case* find_case(std::string_view name) {
  for (const Case& one : cases) {
    if (name == one.name) {
      return &one;
    }
  }
  return nullptr;
}

}  // namespace rocmfix::litmus

#endif
