// SPDX-License-Identifier: MIT
// As much of HIP as the litmus test uses, with a CPU thread for the GPU, linked instead of HIP: so
// that each of its outcomes can be seen. LITMUS_CPU says what goes wrong, from round 10 on:
//
//   stale-flag   the kernel keeps reading the flag that it has read before
//   stale-data   the kernel sees the new flag with the old data
//   lost-flag    the kernel's flag does not reach the CPU
//   lost-data    the kernel's flag reaches the CPU before its data
//   abort        the process is aborted, as by a GPU memory fault
//   never-ends   the kernel does not end, whatever it is asked
//   not-run      the kernel is not executed at all
//   no-clock     stale-flag, and the kernel's clock stands still
//   no-gpu       there is no device
#define __HIP_PLATFORM_AMD__ 1
#define __HIP_PLATFORM_HCC__ 1
#include <hip/hip_runtime_api.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "protocol.hpp"

using namespace rocmfix::litmus;

extern "C" void litmus_play(Side* theirs, Side* ours, Result* result, uint32_t rounds,
                            uint32_t serves, Limits limits);

namespace {

constexpr uint32_t first_wrong_round = 10;

bool wrong(const char* what) {
  static const char* const asked = std::getenv("LITMUS_CPU");
  return asked != nullptr && std::strcmp(asked, what) == 0;
}

Side* theirs_of_kernel = nullptr;
Side* ours_of_kernel = nullptr;
std::thread running;

}  // namespace

uint32_t cpu_load(const uint32_t* at) {
  const uint32_t value = __atomic_load_n(at, __ATOMIC_ACQUIRE);
  if (value < first_wrong_round) {
    return value;
  }
  if (wrong("stale-flag") || wrong("no-clock")) {
    return first_wrong_round - 1;
  }
  if (wrong("stale-data")) {
    theirs_of_kernel->data[5] = datum(value - 1, 5);
  }
  if (wrong("abort")) {
    std::abort();
  }
  while (wrong("never-ends")) {
    pause();
  }
  return value;
}

void cpu_store(uint32_t* at, uint32_t value) {
  const bool is_flag = at == &ours_of_kernel->flag && value >= first_wrong_round;
  if (is_flag && wrong("lost-flag")) {
    return;
  }
  if (is_flag && wrong("lost-data")) {
    ours_of_kernel->data[5] = datum(value - 1, 5);
  }
  __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

uint64_t cpu_ticks() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return wrong("no-clock")
             ? 0
             : static_cast<uint64_t>(
                   std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()) /
                   10;  // 100 MHz
}

// Without a clock the number of polls ends a wait: ten million of them, each of which must not wait
// for whatever else the machine does.
void cpu_pause() {
  if (!wrong("no-clock")) {
    std::this_thread::yield();
  }
}

namespace {

hipError_t give(void** pointer, size_t size) {
  *pointer = std::aligned_alloc(4096, (size + 4095) / 4096 * 4096);
  return *pointer == nullptr ? hipErrorOutOfMemory : hipSuccess;
}

}  // namespace

extern "C" {

hipError_t hipGetDeviceCount(int* count) {
  *count = wrong("no-gpu") ? 0 : 1;
  return wrong("no-gpu") ? hipErrorNoDevice : hipSuccess;
}
hipError_t hipSetDevice(int) {
  return hipSuccess;
}
const char* hipGetErrorName(hipError_t error) {
  return error == hipErrorNoDevice ? "hipErrorNoDevice" : "some error";
}
hipError_t hipHostMalloc(void** pointer, size_t size, unsigned) {
  return give(pointer, size);
}
hipError_t hipMallocManaged(void** pointer, size_t size, unsigned) {
  return give(pointer, size);
}
hipError_t hipMalloc(void** pointer, size_t size) {
  return give(pointer, size);
}
hipError_t hipExtMallocWithFlags(void** pointer, size_t size, unsigned) {
  return give(pointer, size);
}
hipError_t hipFree(void* pointer) {
  std::free(pointer);
  return hipSuccess;
}
hipError_t hipHostFree(void* pointer) {
  return hipFree(pointer);
}
hipError_t hipHostRegister(void*, size_t, unsigned) {
  return hipSuccess;
}
hipError_t hipHostUnregister(void*) {
  return hipSuccess;
}
hipError_t hipHostGetDevicePointer(void** device, void* host, unsigned) {
  *device = host;
  return hipSuccess;
}
hipError_t hipMemset(void* at, int value, size_t size) {
  std::memset(at, value, size);
  return hipSuccess;
}
hipError_t hipDeviceSynchronize() {
  return hipSuccess;
}
hipError_t hipModuleLoad(hipModule_t*, const char*) {
  return hipSuccess;
}
hipError_t hipModuleGetFunction(hipFunction_t*, hipModule_t, const char* name) {
  return std::string(name) == "litmus_play" ? hipSuccess : hipErrorNotFound;
}
hipError_t hipStreamCreateWithFlags(hipStream_t*, unsigned) {
  return hipSuccess;
}
hipError_t hipStreamSynchronize(hipStream_t) {
  if (running.joinable()) {
    running.join();
  }
  return hipSuccess;
}
hipError_t hipModuleLaunchKernel(hipFunction_t, unsigned, unsigned, unsigned, unsigned, unsigned,
                                 unsigned, unsigned, hipStream_t, void** arguments, void**) {
  if (wrong("not-run")) {
    return hipSuccess;
  }
  theirs_of_kernel = *static_cast<Side**>(arguments[0]);
  ours_of_kernel = *static_cast<Side**>(arguments[1]);
  running = std::thread(litmus_play, theirs_of_kernel, ours_of_kernel,
                        *static_cast<Result**>(arguments[2]), *static_cast<uint32_t*>(arguments[3]),
                        *static_cast<uint32_t*>(arguments[4]), *static_cast<Limits*>(arguments[5]));
  return hipSuccess;
}
}
