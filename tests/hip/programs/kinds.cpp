// SPDX-License-Identifier: MIT
// kinds vmm|vmm-limit|arrays|ipc: memory that is had in several steps, or has no address, or is
// another process's. A line of JSON a step: what HIP said, and, with the interposer, whether it
// knows a live block there ("known") and how many bytes of VRAM it counts for the program
// ("charged").
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "hip.hpp"
#include "ledger/live_blocks.hpp"

namespace {

struct Seen {
  uintptr_t address;
  bool known;
  uint64_t charged;
};

void step(const char* name, hipError_t error, const void* address = nullptr) {
  const auto visit = reinterpret_cast<decltype(&rocmfix_hip_live_blocks)>(
      dlsym(RTLD_DEFAULT, "rocmfix_hip_live_blocks"));
  Seen seen{reinterpret_cast<uintptr_t>(address), false, 0};
  if (visit != nullptr) {
    visit(
        [](void* context, const RocmfixLiveBlock* block) {
          Seen& wanted = *static_cast<Seen*>(context);
          wanted.known |= block->address == wanted.address;
          wanted.charged += block->of_program ? block->charged : 0;
        },
        &seen);
  }
  size_t free = 0;
  size_t total = 0;
  check(hipMemGetInfo(&free, &total));
  printf("{\"step\": \"%s\", \"error\": \"%s\", \"known\": %s, \"charged\": %lu, \"free\": %zu}\n",
         name, hipGetErrorName(error), seen.known ? "true" : "false", seen.charged, free);
  fflush(stdout);
  (void)hipGetLastError();
}

/// What is written comes back.
hipError_t round_trip(void* device, size_t size) {
  std::vector<char> data(size);
  std::vector<char> back(size);
  for (size_t i = 0; i < size; ++i) {
    data[i] = static_cast<char>(i * 7 + i / 251);
  }
  hipError_t error = hipMemcpy(device, data.data(), size, hipMemcpyHostToDevice);
  if (error == hipSuccess) {
    error = hipMemcpy(back.data(), device, size, hipMemcpyDeviceToHost);
  }
  return error == hipSuccess && back != data ? hipErrorUnknown : error;
}

#if HIP_VERSION_MAJOR > 5 || HIP_VERSION_MINOR >= 3
constexpr bool has_vmm = true;

hipMemAllocationProp properties() {
  hipMemAllocationProp wanted{};
  wanted.type = hipMemAllocationTypePinned;
  wanted.location.type = hipMemLocationTypeDevice;
  return wanted;
}

void vmm() {
  const hipMemAllocationProp wanted = properties();
  size_t grain = 0;
  const hipError_t told =
      hipMemGetAllocationGranularity(&grain, &wanted, hipMemAllocationGranularityMinimum);
  step("granularity", told);
  // HIP 5.7 says 0.
  grain = std::max<size_t>(grain, 2 << 20);
  const size_t size = ((6 << 20) + grain - 1) / grain * grain;
  hipMemGenericAllocationHandle_t handle{};
  hipError_t error = hipMemCreate(&handle, size, &wanted, 0);
  step("create", error);
  void* at = nullptr;
  if (error == hipSuccess) {
    step("reserve", hipMemAddressReserve(&at, size, 0, nullptr, 0));
    step("map", hipMemMap(at, size, 0, handle, 0), at);
    hipMemAccessDesc access{};
    access.location.type = hipMemLocationTypeDevice;
    access.flags = hipMemAccessFlagsProtReadWrite;
    step("access", hipMemSetAccess(at, size, &access, 1), at);
    step("copy", round_trip(at, 3 << 20), at);
    step("unmap", hipMemUnmap(at, size), at);
    step("release", hipMemRelease(handle), at);
    step("give back", hipMemAddressFree(at, size), at);
  }
}

void vmm_limit() {
  const hipMemAllocationProp wanted = properties();
  std::vector<hipMemGenericAllocationHandle_t> handles;
  hipError_t error = hipSuccess;
  while (handles.size() < 100) {
    hipMemGenericAllocationHandle_t handle{};
    error = hipMemCreate(&handle, 256 << 20, &wanted, 0);
    if (error != hipSuccess) {
      break;
    }
    handles.push_back(handle);
  }
  step(("created " + std::to_string(handles.size())).c_str(), error);
  for (const hipMemGenericAllocationHandle_t handle : handles) {
    check(hipMemRelease(handle));
  }
  step("released", hipSuccess);
}
#else
constexpr bool has_vmm = false;
void vmm() {}
void vmm_limit() {}
#endif

// Without copies: those go through image kernels, which the simulator cannot do, and says so.
void arrays() {
  constexpr size_t side = 1024;
  const hipChannelFormatDesc format = hipCreateChannelDesc(32, 0, 0, 0, hipChannelFormatKindFloat);
  hipArray_t flat = nullptr;
  hipError_t error = hipMallocArray(&flat, &format, side, side, hipArrayDefault);
  step("array", error);
  if (error == hipSuccess) {
    step("free array", hipFreeArray(flat));
  }
  hipArray_t deep = nullptr;
  error = hipMalloc3DArray(&deep, &format, make_hipExtent(128, 128, 64), hipArrayDefault);
  step("3D array", error);
  if (error == hipSuccess) {
    step("free 3D array", hipFreeArray(deep));
  }
}

void ipc_open(const char* text) {
  hipIpcMemHandle_t handle{};
  for (size_t i = 0; i < sizeof handle; ++i) {
    unsigned byte = 0;
    sscanf(text + 2 * i, "%2x", &byte);
    reinterpret_cast<unsigned char*>(&handle)[i] = static_cast<unsigned char>(byte);
  }
  void* there = nullptr;
  const hipError_t error = hipIpcOpenMemHandle(&there, handle, hipIpcMemLazyEnablePeerAccess);
  step("open", error, there);
  if (error == hipSuccess) {
    step("close", hipIpcCloseMemHandle(there), there);
  }
}

void ipc(const char* self) {
  void* block = nullptr;
  check(hipMalloc(&block, 3 << 20));
  hipIpcMemHandle_t handle{};
  const hipError_t error = hipIpcGetMemHandle(&handle, block);
  step("export", error, block);
  if (error == hipSuccess) {
    std::string text;
    for (size_t i = 0; i < sizeof handle; ++i) {
      char digits[3];
      snprintf(digits, sizeof digits, "%02x", reinterpret_cast<unsigned char*>(&handle)[i]);
      text += digits;
    }
    const pid_t child = fork();
    if (child == 0) {
      execl(self, self, "ipc-open", text.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("{\"step\": \"child\", \"error\": \"%d\"}\n", status);
  }
  step("copy", round_trip(block, 3 << 20), block);
  step("free", hipFree(block), block);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what.starts_with("vmm") && !has_vmm) {
    return 77;
  }
  check(hipInit(0));
  if (what == "vmm") {
    vmm();
  } else if (what == "vmm-limit") {
    vmm_limit();
  } else if (what == "arrays") {
    arrays();
  } else if (what == "ipc") {
    ipc(argv[0]);
  } else if (what == "ipc-open" && argc > 2) {
    ipc_open(argv[2]);
  } else {
    fprintf(stderr, "no such kind\n");
    return 2;
  }
  return 0;
}
