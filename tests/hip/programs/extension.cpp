// SPDX-License-Identifier: MIT
// What libtorch_hip.so does with HIP, and nothing more: pinned memory of hipHostMalloc(0), VRAM, a
// copy each way, a query. Opened RTLD_LOCAL from Python, as Python opens every extension.
#include <cstring>

#include "hip.hpp"

extern "C" __attribute__((visibility("default"))) int torch_step(size_t size, int steps) {
  for (int i = 0; i < steps; ++i) {
    void* device = nullptr;
    void* pinned = nullptr;
    if (hipMalloc(&device, size) != hipSuccess || hipHostMalloc(&pinned, size, 0) != hipSuccess) {
      return 1;
    }
    memset(pinned, i, size);
    if (hipMemcpy(device, pinned, size, hipMemcpyHostToDevice) != hipSuccess) {
      return 2;
    }
    memset(pinned, 0, size);
    if (hipMemcpy(pinned, device, size, hipMemcpyDeviceToHost) != hipSuccess) {
      return 3;
    }
    if (static_cast<char*>(pinned)[size - 1] != static_cast<char>(i)) {
      return 4;
    }
    if (hipHostFree(pinned) != hipSuccess || hipFree(device) != hipSuccess) {
      return 5;
    }
  }
  return 0;
}

extern "C" __attribute__((visibility("default"))) size_t torch_total_memory() {
  hipDeviceProp_t properties;
  return hipGetDeviceProperties(&properties, 0) == hipSuccess ? properties.totalGlobalMem : 0;
}
