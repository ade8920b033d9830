// SPDX-License-Identifier: MIT
// Allocates memory as a training job does: VRAM, pinned, registered and managed. Each block has a
// different size, by which it can be found in the simulator's journal, and prints one line. Then it
// copies back and forth for the number of seconds given as the argument (default 0).
//
//   g++ -std=c++20 -D__HIP_PLATFORM_AMD__ examples/memory.cpp -o memory -lamdhip64
#include <hip/hip_runtime_api.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr size_t mib = 1 << 20;

void take(const char* call, hipError_t error, void* const* block, size_t size) {
  if (error != hipSuccess) {
    std::printf("%-34s %s\n", call, hipGetErrorString(error));
    std::exit(1);
  }
  std::printf("%-34s %2zu MiB at %p\n", call, size / mib, *block);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::seconds time(argc > 1 ? std::atoi(argv[1]) : 0);
  void* weights = nullptr;
  void* batch = nullptr;
  void* shared = nullptr;
  void* asked = nullptr;
  void* managed = nullptr;
  take("hipMalloc", hipMalloc(&weights, 4 * mib), &weights, 4 * mib);
  take("hipHostMalloc(0)", hipHostMalloc(&batch, 5 * mib, 0), &batch, 5 * mib);
  take("hipHostMalloc(Coherent)", hipHostMalloc(&asked, 6 * mib, hipHostMallocCoherent), &asked,
       6 * mib);
  take("hipMallocManaged", hipMallocManaged(&managed, 7 * mib), &managed, 7 * mib);
  shared = std::aligned_alloc(4096, 8 * mib);
  take("hipHostRegister", hipHostRegister(shared, 8 * mib, 0), &shared, 8 * mib);

  const auto end = std::chrono::steady_clock::now() + time;
  do {
    if (hipMemcpy(weights, batch, 4 * mib, hipMemcpyHostToDevice) != hipSuccess ||
        hipMemcpy(batch, weights, 4 * mib, hipMemcpyDeviceToHost) != hipSuccess) {
      std::printf("a copy failed\n");
      return 1;
    }
  } while (std::chrono::steady_clock::now() < end);

  const bool well = hipHostUnregister(shared) == hipSuccess && hipFree(managed) == hipSuccess &&
                    hipHostFree(asked) == hipSuccess && hipHostFree(batch) == hipSuccess &&
                    hipFree(weights) == hipSuccess;
  std::free(shared);
  std::printf(well ? "done\n" : "freeing failed\n");
  return well ? 0 : 1;
}
