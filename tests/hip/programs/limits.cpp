// SPDX-License-Identifier: MIT
// limits WAY: what HIP says of VRAM, then allocations of 256 MiB in one WAY until it refuses, what
// HIP says then, everything freed, and what it says at last. One line of JSON each.
#include <cstring>
#include <string>
#include <vector>

#include "hip.hpp"

namespace {

constexpr size_t step = 256 << 20;

void say(const char* when, size_t count, hipError_t error) {
  size_t free = 0;
  size_t total = 0;
  size_t device_total = 0;
  hipDeviceProp_t properties;
  check(hipMemGetInfo(&free, &total));
  check(hipDeviceTotalMem(&device_total, 0));
  check(hipGetDeviceProperties(&properties, 0));
  printf(
      "{\"when\": \"%s\", \"count\": %zu, \"error\": \"%s\", \"free\": %zu, \"total\": %zu, "
      "\"device_total\": %zu, \"properties\": %zu, \"name\": \"%s\", \"cus\": %d}\n",
      when, count, hipGetErrorName(error), free, total, device_total, properties.totalGlobalMem,
      properties.name, properties.multiProcessorCount);
  fflush(stdout);
}

hipError_t allocate(const std::string& way, void** p) {
  size_t pitch = 0;
  if (way == "hipMalloc") {
    return hipMalloc(p, step);
  }
  if (way == "hipExtMallocWithFlags") {
    return hipExtMallocWithFlags(p, step, hipDeviceMallocDefault);
  }
  if (way == "hipMallocPitch") {
    return hipMallocPitch(p, &pitch, 64 << 10, 4096);
  }
  if (way == "hipMemAllocPitch") {
    return hipMemAllocPitch(reinterpret_cast<hipDeviceptr_t*>(p), &pitch, 64 << 10, 4096, 4);
  }
  if (way == "hipMalloc3D") {
    hipPitchedPtr pitched;
    const hipError_t error = hipMalloc3D(&pitched, make_hipExtent(64 << 10, 64, 64));
    *p = pitched.ptr;
    return error;
  }
#if HIP_VERSION_MAJOR > 5 || HIP_VERSION_MINOR >= 3
  if (way == "hipMallocAsync") {
    return hipMallocAsync(p, step, nullptr);
  }
#endif
  fprintf(stderr, "no such way\n");
  exit(2);
}

hipError_t give_back(const std::string& way, void* p) {
#if HIP_VERSION_MAJOR > 5 || HIP_VERSION_MINOR >= 3
  if (way == "hipMallocAsync") {
    return hipFreeAsync(p, nullptr);
  }
#endif
  return hipFree(p);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string way = argc > 1 ? argv[1] : "hipMalloc";
  const size_t most = argc > 2 ? strtoull(argv[2], nullptr, 10) : 1000;
  check(hipInit(0));
  say("start", 0, hipSuccess);
  std::vector<void*> blocks;
  hipError_t error = hipSuccess;
  while (blocks.size() < most) {
    void* p = nullptr;
    error = allocate(way, &p);
    if (error != hipSuccess) {
      (void)hipGetLastError();
      break;
    }
    hipPointerAttribute_t attributes;
    check(hipPointerGetAttributes(&attributes, p));
    blocks.push_back(p);
  }
  say("full", blocks.size(), error);
  // What was given works, wherever it is.
  std::vector<char> data(1 << 20, 'x');
  std::vector<char> back(data.size());
  for (size_t i : {size_t{0}, blocks.size() - 1}) {
    memset(data.data(), 'a' + static_cast<int>(i % 20), data.size());
    check(hipMemcpy(blocks.at(i), data.data(), data.size(), hipMemcpyHostToDevice));
    memset(back.data(), 0, back.size());
    check(hipMemcpy(back.data(), blocks.at(i), back.size(), hipMemcpyDeviceToHost));
    if (back != data) {
      fprintf(stderr, "block %zu does not hold what was copied to it\n", i);
      return 5;
    }
  }
  for (void* p : blocks) {
    check(give_back(way, p));
  }
  check(hipDeviceSynchronize());
  say("freed", 0, hipSuccess);
  return 0;
}
