// SPDX-License-Identifier: MIT
// Prints what HIP says of every device: one line each, "index gfx name bytes free large-bar
// managed".
#include "probe.hpp"

int main() {
  std::printf("runtime %d.%d\n", HIP_VERSION_MAJOR, HIP_VERSION_MINOR);
  int count = 0;
  const hipError_t error = hipGetDeviceCount(&count);
  std::printf("devices %d %s\n", count, hipGetErrorName(error));
  for (int i = 0; i < count; ++i) {
    hipDeviceProp_t properties;
    size_t available = 0;
    size_t total = 0;
    REQUIRE(hipSetDevice(i));
    REQUIRE(hipGetDeviceProperties(&properties, i));
    REQUIRE(hipMemGetInfo(&available, &total));
    std::printf("%d %s \"%s\" total=%zu free=%zu largebar=%d managed=%d pci=%d cu=%d\n", i,
                properties.gcnArchName, properties.name, properties.totalGlobalMem, available,
                properties.isLargeBar, properties.managedMemory, properties.pciBusID,
                properties.multiProcessorCount);
  }
  return error == hipSuccess ? 0 : 1;
}
