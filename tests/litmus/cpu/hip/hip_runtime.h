// SPDX-License-Identifier: MIT
// For kernels.hip as g++ compiles it: the words of the HIP language that it uses, on a CPU.
#pragma once

#include <stdint.h>

#define __global__
#define __device__
#define __HIP_MEMORY_SCOPE_SYSTEM 0
#define __hip_atomic_load(at, order, scope) cpu_load(at)
#define __hip_atomic_store(at, value, order, scope) cpu_store(at, value)
#define __builtin_amdgcn_s_memrealtime() cpu_ticks()
#define __builtin_amdgcn_s_sleep(time) cpu_pause()

uint32_t cpu_load(const uint32_t* at);
void cpu_store(uint32_t* at, uint32_t value);
uint64_t cpu_ticks();
void cpu_pause();
