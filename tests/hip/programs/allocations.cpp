// SPDX-License-Identifier: MIT
// Every way to get memory from HIP, one after the other, each of a size of its own, by which the
// test finds it again in the simulator's journal, and with the time of the call. A line of JSON a
// call: what was asked for, what HIP said, and what HIP says of the pointer afterwards.
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "hip.hpp"

namespace {

size_t next_size = 3 << 20;
uint64_t begun = 0;

uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

// Never the same twice, and no multiple of anything that the runtime allocates for itself.
size_t size() {
  begun = now();
  return next_size += 68 << 10;
}

void line(const char* call, hipError_t error, const void* pointer, size_t bytes) {
  printf(
      "{\"call\": \"%s\", \"error\": \"%s\", \"address\": \"0x%lx\", \"size\": %zu, "
      "\"time\": [%lu, %lu]",
      call, hipGetErrorName(error), reinterpret_cast<uintptr_t>(pointer), bytes, begun, now());
  if (error == hipSuccess && pointer != nullptr) {
    unsigned flags = 0;
    void* p = const_cast<void*>(pointer);
    const hipError_t of_flags = hipHostGetFlags(&flags, p);
    if (of_flags == hipSuccess) {
      printf(", \"flags\": %u", flags);
    }
    hipPointerAttribute_t attributes;
    memset(&attributes, 0, sizeof attributes);
    if (hipPointerGetAttributes(&attributes, p) == hipSuccess) {
      printf(", \"type\": %d, \"managed\": %d, \"same\": %s",
             static_cast<int>(MEMORY_TYPE(attributes)), attributes.isManaged,
             attributes.devicePointer == p ? "true" : "false");
    }
    void* device = nullptr;
    if (hipHostGetDevicePointer(&device, p, 0) == hipSuccess) {
      printf(", \"device_pointer\": %s", device == p ? "true" : "false");
    }
    (void)hipGetLastError();
  }
  printf("}\n");
  fflush(stdout);
}

void host(const char* call, unsigned flags) {
  void* p = nullptr;
  const size_t n = size();
  const hipError_t error = hipHostMalloc(&p, n, flags);
  line(call, error, p, n);
  if (error == hipSuccess) {
    memset(p, 1, n);
    check(hipHostFree(p));
  }
}

void ext(const char* call, unsigned flags) {
  void* p = nullptr;
  const size_t n = flags == hipMallocSignalMemory ? 8 : size();
  const hipError_t error = hipExtMallocWithFlags(&p, n, flags);
  line(call, error, p, n);
  if (error == hipSuccess && p != nullptr) {
    check(hipFree(p));
  }
}

void registered(const char* call, unsigned flags) {
  const size_t n = size() / 4096 * 4096;
  void* p = aligned_alloc(4096, n);
  memset(p, 1, n);
  const hipError_t error = hipHostRegister(p, n, flags);
  line(call, error, p, n);
  if (error == hipSuccess) {
    check(hipHostUnregister(p));
  }
  free(p);
}

void managed(const char* call, int advice) {
  void* p = nullptr;
  const size_t n = size();
  hipError_t error = hipMallocManaged(&p, n, hipMemAttachGlobal);
  if (error == hipSuccess && advice != 0) {
    error = hipMemAdvise(p, n, static_cast<hipMemoryAdvise>(advice), 0);
  }
  line(call, error, p, n);
  if (p != nullptr) {
    check(hipFree(p));
  }
}

}  // namespace

int main() {
  check(hipInit(0));
  void* p = nullptr;
  size_t n = size();
  hipError_t error = hipMalloc(&p, n);
  line("hipMalloc", error, p, n);
  check(hipFree(p));

  host("hipHostMalloc(0)", 0);
  host("hipHostMalloc(Mapped)", hipHostMallocMapped);
  host("hipHostMalloc(Coherent)", hipHostMallocCoherent);
  host("hipHostMalloc(NumaUser)", hipHostMallocNumaUser);
  host("hipHostMalloc(NonCoherent)", hipHostMallocNonCoherent);
  host("hipHostMalloc(Portable)", hipHostMallocPortable);
  host("hipHostMalloc(WriteCombined)", hipHostMallocWriteCombined);

  p = nullptr;
  n = size();
  error = hipMallocHost(&p, n);
  line("hipMallocHost", error, p, n);
  check(hipHostFree(p));
  p = nullptr;
  n = size();
  error = hipHostAlloc(&p, n, 0);
  line("hipHostAlloc(0)", error, p, n);
  if (p != nullptr) {
    check(hipHostFree(p));
  }

  managed("hipMallocManaged", 0);
  managed("hipMallocManaged, SetCoarseGrain", hipMemAdviseSetCoarseGrain);
  managed("hipMallocManaged, UnsetCoarseGrain", hipMemAdviseUnsetCoarseGrain);
  managed("hipMallocManaged, SetReadMostly", hipMemAdviseSetReadMostly);

  ext("hipExtMallocWithFlags(Default)", hipDeviceMallocDefault);
  ext("hipExtMallocWithFlags(Finegrained)", hipDeviceMallocFinegrained);
#ifdef hipDeviceMallocUncached
  ext("hipExtMallocWithFlags(Uncached)", hipDeviceMallocUncached);
#endif
  ext("hipExtMallocWithFlags(Signal)", hipMallocSignalMemory);

  registered("hipHostRegister(0)", hipHostRegisterDefault);
  registered("hipHostRegister(Mapped)", hipHostRegisterMapped);
  registered("hipHostRegister(Portable)", hipHostRegisterPortable);
  registered("hipHostRegister(CoarseGrained)", hipExtHostRegisterCoarseGrained);
  fflush(stdout);
  return 0;
}
