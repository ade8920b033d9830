// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

// Last: it defines __noinline__, a word that libstdc++ 16 has in its headers.
// NOLINTBEGIN(bugprone-reserved-identifier,modernize-macro-to-enum): HIP's own names
#define __HIP_PLATFORM_AMD__ 1
#define __HIP_PLATFORM_HCC__ 1
// NOLINTEND(bugprone-reserved-identifier,modernize-macro-to-enum)
#include <hip/hip_runtime_api.h>

namespace {

// Of HIP 5.4 on; an older one refuses it.
constexpr unsigned device_malloc_uncached = 3;

void* map_shared(const char* name, size_t size) {
  if (name == nullptr) {
    return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  }
  const int file = shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return MAP_FAILED;
  }
  void* address = ftruncate(file, static_cast<off_t>(size)) == 0
                      ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                      : MAP_FAILED;
  close(file);
  return address;
}

hipError_t take_host(unsigned flags, LitmusMemory* memory) {
  const hipError_t error = hipHostMalloc(&memory->host, memory->size, flags);
  return error == hipSuccess ? hipHostGetDevicePointer(&memory->device, memory->host, 0) : error;
}

// As RCCL registers: portable and mapped.
hipError_t take_registered(void* host, LitmusMemory* memory) {
  if (host == MAP_FAILED) {
    return hipErrorOutOfMemory;
  }
  memory->host = host;
  const hipError_t error =
      hipHostRegister(host, memory->size, hipHostRegisterPortable | hipHostRegisterMapped);
  return error == hipSuccess ? hipHostGetDevicePointer(&memory->device, host, 0) : error;
}

hipError_t take_vram(unsigned flags, LitmusMemory* memory) {
  const hipError_t error = hipExtMallocWithFlags(&memory->host, memory->size, flags);
  memory->device = memory->host;
  return error;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int litmus_take(LitmusKind kind, size_t size,
                                                                  const char* shared,
                                                                  LitmusMemory* memory) {
  *memory = {nullptr, nullptr, size};
  hipError_t error = hipErrorInvalidValue;
  switch (kind) {
    case litmus_host_default:
      error = take_host(0, memory);
      break;
    case litmus_host_mapped:
      error = take_host(hipHostMallocMapped, memory);
      break;
    case litmus_host_coherent:
      error = take_host(hipHostMallocCoherent, memory);
      break;
    case litmus_host_noncoherent:
      error = take_host(hipHostMallocNonCoherent, memory);
      break;
    case litmus_managed:
      error = hipMallocManaged(&memory->host, size, hipMemAttachGlobal);
      memory->device = memory->host;
      break;
    case litmus_registered:
      error = take_registered(
          mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), memory);
      break;
    case litmus_registered_shared:
      error = take_registered(map_shared(shared, size), memory);
      break;
    case litmus_vram_finegrained:
      error = take_vram(hipDeviceMallocFinegrained, memory);
      break;
    case litmus_vram_uncached:
      error = take_vram(device_malloc_uncached, memory);
      break;
    case litmus_vram:
      error = hipMalloc(&memory->host, size);
      memory->device = memory->host;
      break;
  }
  return error;
}

extern "C" __attribute__((visibility("default"))) void litmus_give_back(LitmusKind kind,
                                                                        LitmusMemory* memory) {
  switch (kind) {
    case litmus_host_default:
    case litmus_host_mapped:
    case litmus_host_coherent:
    case litmus_host_noncoherent:
      static_cast<void>(hipHostFree(memory->host));
      break;
    case litmus_registered:
    case litmus_registered_shared:
      static_cast<void>(hipHostUnregister(memory->host));
      munmap(memory->host, memory->size);
      break;
    case litmus_managed:
    case litmus_vram_finegrained:
    case litmus_vram_uncached:
    case litmus_vram:
      static_cast<void>(hipFree(memory->host));
      break;
  }
  *memory = {nullptr, nullptr, 0};
}
