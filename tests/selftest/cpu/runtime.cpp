// SPDX-License-Identifier: MIT
// As much of HIP as the self-test and the litmus test use, with this CPU for a GPU: a library to
// load instead of HIP's. ROCMFIX_CPU_HIP says what goes wrong; some of these are what silicon or a
// driver does, each of which has to be found by the test that is for it:
//
//   bit-flip     a bit of what a kernel has filled changes
//   stale-line   a copy to the host leaves the last line as it was
//   wide-copy    a copy within the GPU writes a byte too many
//   shared-block memory that is in use is given a second time
//   lost-atomic  one atomic operation of a thousand is not atomic
//   no-barrier   a barrier that nobody waits at
//   wrong-lane, wrong-dot, wrong-float, wrong-double, wrong-half, wrong-integer   one result of
//   many late-fault, silent-fault, endless-fault, no-recovery   how a bad access ends (the last one
//   with
//                ROCMFIX_CPU_HIP_STATE, a file)
//   fault, abort, never-ends, not-run, no-gpu, out-of-memory   of a kernel, or of everything
//   stale-flag, stale-data, lost-flag, lost-data, no-clock     of the litmus test, from round 10 on
#define ROCMFIX_CPU_HIP 1
#include <hip/hip_runtime.h>
#include <hip/hip_runtime_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include "execution.hpp"
#include "protocol.hpp"

using namespace rocmfix::litmus;

namespace {

constexpr uint32_t first_wrong_round = 10;

Side* theirs_of_kernel = nullptr;
Side* ours_of_kernel = nullptr;
std::thread running;
std::atomic<bool> loses_atomics = false;

void join() {
  if (running.joinable()) {
    running.join();
  }
}

const char* state_file() {
  const char* const file = std::getenv("ROCMFIX_CPU_HIP_STATE");
  return file == nullptr ? "/dev/null" : file;
}

/// As ROCr does.
void report_fault(int, siginfo_t* info, void*) {
  if (cpu::wrong("no-recovery")) {
    std::ofstream(state_file()) << "faulted";
  }
  if (cpu::wrong("late-fault")) {
    std::this_thread::sleep_for(std::chrono::seconds(3));
  }
  while (cpu::wrong("endless-fault")) {
    pause();
  }
  std::fprintf(
      stderr,
      "Memory access fault by GPU node-1 (Agent handle: 0x5581f1e0) on address %p. Reason: "
      "Page not present or supervisor privilege.\n",
      info->si_addr);
  std::abort();
}

void catch_faults() {
  struct sigaction action {};
  action.sa_sigaction = report_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
}

hipError_t give(void** pointer, size_t size) {
  if (cpu::wrong("out-of-memory")) {
    return hipErrorOutOfMemory;
  }
  constexpr size_t page = 4096;
  *pointer = std::aligned_alloc(page, (size + page - 1) / page * page);
  return *pointer == nullptr ? hipErrorOutOfMemory : hipSuccess;
}

/// True: the kernel is as good as executed.
bool disturb(const std::string& name) {
  if (cpu::wrong("not-run")) {
    return true;
  }
  if (name == "selftest_float" && cpu::wrong("abort")) {
    std::abort();
  }
  while (name == "selftest_float" && cpu::wrong("never-ends")) {
    pause();
  }
  if (name == "selftest_float" && cpu::wrong("fault")) {
    *static_cast<volatile int*>(
        mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) = 1;
  }
  return (name == "selftest_read_at" || name == "selftest_write_at") && cpu::wrong("silent-fault");
}

void start_litmus(void** arguments) {
  theirs_of_kernel = *static_cast<Side**>(arguments[0]);
  ours_of_kernel = *static_cast<Side**>(arguments[1]);
  running = std::thread(
      [=](Side* theirs, Side* ours, Result* result, uint32_t rounds, uint32_t serves,
          Limits limits) {
        void* own[] = {&theirs, &ours, &result, &rounds, &serves, &limits};
        cpu::find_kernel("litmus_play")(own);
      },
      theirs_of_kernel, ours_of_kernel, *static_cast<Result**>(arguments[2]),
      *static_cast<uint32_t*>(arguments[3]), *static_cast<uint32_t*>(arguments[4]),
      *static_cast<Limits*>(arguments[5]));
}

}  // namespace

namespace cpu {

bool wrong(const char* what) {
  static const char* const asked = std::getenv("ROCMFIX_CPU_HIP");
  return asked != nullptr && std::strcmp(asked, what) == 0;
}

bool every(unsigned n) {
  static std::atomic<unsigned> calls = 0;
  return ++calls % n == 0;
}

bool loses_atomic() {
  return loses_atomics && wrong("lost-atomic") && every(1000);
}

uint32_t load_flag(const uint32_t* at) {
  const uint32_t value = __atomic_load_n(at, __ATOMIC_ACQUIRE);
  if (theirs_of_kernel == nullptr || value < first_wrong_round) {
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
    ::pause();
  }
  return value;
}

void store_flag(uint32_t* at, uint32_t value) {
  const bool is_flag = at == &ours_of_kernel->flag && value >= first_wrong_round;
  if (is_flag && wrong("lost-flag")) {
    return;
  }
  if (is_flag && wrong("lost-data")) {
    ours_of_kernel->data[5] = datum(value - 1, 5);
  }
  __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

uint64_t ticks() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return wrong("no-clock")
             ? 0
             : static_cast<uint64_t>(
                   std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()) /
                   10;  // 100 MHz
}

// Without a clock the number of polls ends a wait: ten million of them, each of which must not wait
// for whatever else the machine does.
void pause() {
  if (!wrong("no-clock")) {
    std::this_thread::yield();
  }
}

}  // namespace cpu

extern "C" {

const char* hipGetErrorName(hipError_t error) {
  switch (error) {
    case hipErrorNoDevice:
      return "hipErrorNoDevice";
    case hipErrorOutOfMemory:
      return "hipErrorOutOfMemory";
    default:
      return "some error";
  }
}
hipError_t hipInit(unsigned) {
  return hipSuccess;
}
hipError_t hipRuntimeGetVersion(int* version) {
  *version = 60'443'483;
  return hipSuccess;
}
hipError_t hipGetDeviceCount(int* count) {
  catch_faults();
  const bool faulted = cpu::wrong("no-recovery") && std::ifstream(state_file()).peek() == 'f';
  *count = cpu::wrong("no-gpu") || faulted ? 0 : 1;
  return *count == 0 ? hipErrorNoDevice : hipSuccess;
}
hipError_t hipSetDevice(int) {
  return hipSuccess;
}
hipError_t hipDeviceGetPCIBusId(char* text, int size, int) {
  std::snprintf(text, static_cast<size_t>(size), "0000:03:00.0");
  return hipSuccess;
}
hipError_t hipMemGetInfo(size_t* free, size_t* total) {
  *free = *total = size_t{1} << 30U;
  return hipSuccess;
}
hipError_t hipHostMalloc(void** pointer, size_t size, unsigned) {
  return give(pointer, size);
}
hipError_t hipMallocManaged(void** pointer, size_t size, unsigned) {
  return give(pointer, size);
}
hipError_t hipMalloc(void** pointer, size_t size) {
  static std::atomic<void*> last = nullptr;
  static std::atomic<size_t> last_size = 0;
  if (cpu::wrong("shared-block") && gettid() != getpid() && size > 64 && size <= last_size &&
      cpu::every(4)) {
    *pointer = last;
    return hipSuccess;
  }
  const hipError_t error = give(pointer, size);
  last = *pointer;
  last_size = size;
  return error;
}
hipError_t hipExtMallocWithFlags(void** pointer, size_t size, unsigned) {
  return give(pointer, size);
}
hipError_t hipFree(void* pointer) {
  if (!cpu::wrong("shared-block")) {
    std::free(pointer);
  }
  return hipSuccess;
}
hipError_t hipHostFree(void* pointer) {
  std::free(pointer);
  return hipSuccess;
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
hipError_t hipMemcpy(void* to, const void* from, size_t size, hipMemcpyKind) {
  std::memcpy(to, from, size);
  return hipSuccess;
}
hipError_t hipMemcpyAsync(void* to, const void* from, size_t size, hipMemcpyKind kind,
                          hipStream_t) {
  constexpr size_t line = 128;
  const bool stale = kind == hipMemcpyDeviceToHost && size > line && cpu::wrong("stale-line");
  const bool wide = kind == hipMemcpyDeviceToDevice && cpu::wrong("wide-copy");
  std::memcpy(to, from, stale ? size - line : wide ? size + 1 : size);
  if (wide) {
    static_cast<char*>(to)[size] ^= 1;
  }
  return hipSuccess;
}
hipError_t hipDeviceSynchronize() {
  join();
  return hipSuccess;
}
hipError_t hipStreamCreateWithFlags(hipStream_t*, unsigned) {
  return hipSuccess;
}
hipError_t hipStreamDestroy(hipStream_t) {
  return hipSuccess;
}
hipError_t hipStreamSynchronize(hipStream_t) {
  join();
  return hipSuccess;
}
hipError_t hipModuleLoad(hipModule_t*, const char*) {
  return hipSuccess;
}
hipError_t hipModuleGetFunction(hipFunction_t* function, hipModule_t, const char* name) {
  *function = reinterpret_cast<hipFunction_t>(const_cast<char*>(name));
  return cpu::find_kernel(name) != nullptr ? hipSuccess : hipErrorInvalidValue;
}
hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned groups, unsigned, unsigned,
                                 unsigned threads, unsigned, unsigned, unsigned, hipStream_t,
                                 void** arguments, void**) {
  const std::string name = reinterpret_cast<const char*>(function);
  if (disturb(name)) {
    if (name == "selftest_read_at" || name == "selftest_write_at") {
      **static_cast<uint32_t**>(arguments[1]) = cpu::wrong("silent-fault") ? 1 : 0;
    }
    return hipSuccess;
  }
  if (name == "litmus_play") {
    start_litmus(arguments);
    return hipSuccess;
  }
  loses_atomics = name.find("atomics") != std::string::npos;
  cpu::run_kernel(name, groups, threads, arguments);
  if (name == "selftest_fill" && cpu::wrong("bit-flip")) {
    (*static_cast<uint32_t**>(arguments[0]))[*static_cast<uint64_t*>(arguments[1]) / 3] ^= 0x80U;
  }
  return hipSuccess;
}

// Memory that may only be read, as HIP 6 gives it.
hipError_t hipMemCreate(void**, size_t, const void*, unsigned long long) {
  return hipSuccess;
}
hipError_t hipMemAddressReserve(void** at, size_t size, size_t, void*, unsigned long long) {
  *at = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return *at == MAP_FAILED ? hipErrorOutOfMemory : hipSuccess;
}
hipError_t hipMemMap(void*, size_t, size_t, void*, unsigned long long) {
  return hipSuccess;
}
hipError_t hipMemSetAccess(void* at, size_t size, const void*, size_t) {
  return mprotect(at, size, PROT_READ) == 0 ? hipSuccess : hipErrorInvalidValue;
}
}
