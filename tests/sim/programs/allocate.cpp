// SPDX-License-Identifier: MIT
// Makes every allocation call of HIP once, each behind a mark in the simulator's journal, and
// prints what the call said: one line a call, "NAME error".
#include <functional>
#include <utility>
#include <vector>

#include "probe.hpp"

namespace {

constexpr size_t size = 3U << 20U;

struct Case {
  std::string name;
  std::function<hipError_t(void**)> allocate;
  std::function<hipError_t(void*)> release;
};

hipError_t free_device(void* at) {
  return hipFree(at);
}
hipError_t free_host(void* at) {
  return hipHostFree(at);
}

Case host(const char* name, unsigned flags) {
  return {std::string("hipHostMalloc ") + name,
          [flags](void** out) { return hipHostMalloc(out, size, flags); }, free_host};
}

Case registered(const char* name, unsigned flags) {
  return {std::string("hipHostRegister ") + name,
          [flags](void** out) {
            *out = std::aligned_alloc(4096, size);
            std::memset(*out, 1, size);
            return hipHostRegister(*out, size, flags);
          },
          [](void* at) {
            const hipError_t error = hipHostUnregister(at);
            std::free(at);
            return error;
          }};
}

std::vector<Case> cases() {
  std::vector<Case> all = {
    {"hipMalloc", [](void** out) { return hipMalloc(out, size); }, free_device},
    host("0", 0),
    host("Mapped", hipHostMallocMapped),
    host("Coherent", hipHostMallocCoherent),
    host("NumaUser", hipHostMallocNumaUser),
    host("NonCoherent", hipHostMallocNonCoherent),
    host("Portable", hipHostMallocPortable),
    host("WriteCombined", hipHostMallocWriteCombined),
    {"hipMallocHost", [](void** out) { return hipMallocHost(out, size); }, free_host},
    {"hipHostAlloc 0", [](void** out) { return hipHostAlloc(out, size, 0); }, free_host},
    {"hipMallocManaged", [](void** out) { return hipMallocManaged(out, size); }, free_device},
    {"hipExtMallocWithFlags Finegrained",
     [](void** out) { return hipExtMallocWithFlags(out, size, hipDeviceMallocFinegrained); },
     free_device},
#ifdef hipDeviceMallocUncached
    {"hipExtMallocWithFlags Uncached",
     [](void** out) { return hipExtMallocWithFlags(out, size, hipDeviceMallocUncached); },
     free_device},
#endif
    registered("Default", hipHostRegisterDefault),
    registered("Portable", hipHostRegisterPortable),
    registered("Mapped", hipHostRegisterMapped),
    {"hipMallocPitch",
     [](void** out) {
       size_t pitch = 0;
       return hipMallocPitch(out, &pitch, 1000, 3000);
     },
     free_device},
#if HIP_VERSION >= 50300000  // before, the null stream is dereferenced
    {"hipMallocAsync", [](void** out) { return hipMallocAsync(out, size, nullptr); },
     [](void* at) { return hipFreeAsync(at, nullptr); }},
#endif
  };
  return all;
}

}  // namespace

int main() {
  REQUIRE(hipSetDevice(0));
  void* warm = nullptr;
  REQUIRE(hipMalloc(&warm, 4096));
  REQUIRE(hipDeviceSynchronize());
  for (const Case& one : cases()) {
    void* at = nullptr;
    probe::mark(one.name.c_str());
    const hipError_t error = one.allocate(&at);
    probe::mark("");
    std::printf("%s: %s\n", one.name.c_str(), hipGetErrorName(error));
    std::fflush(stdout);
    if (error == hipSuccess) {
      REQUIRE(one.release(at));
    }
    (void)hipGetLastError();
  }
  REQUIRE(hipFree(warm));
  return 0;
}
