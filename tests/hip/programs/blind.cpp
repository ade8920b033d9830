// SPDX-License-Identifier: MIT
// Registers private memory, then again without a file descriptor left to read /proc/self/maps by.
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "hip.hpp"

namespace {

uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

template <class Take>
void call(const char* name, size_t size, Take take) {
  const uint64_t begun = now();
  void* p = take(size);
  printf(
      "{\"call\": \"%s\", \"error\": \"hipSuccess\", \"address\": \"0x%lx\", \"size\": %zu, "
      "\"time\": [%lu, %lu]}\n",
      name, reinterpret_cast<uintptr_t>(p), size, begun, now());
  fflush(stdout);
}

void* registered(size_t size) {
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(p, 1, size);
  check(hipHostRegister(p, size, 0));
  return p;
}

void* host(size_t size) {
  void* p = nullptr;
  check(hipHostMalloc(&p, size, 0));
  return p;
}

}  // namespace

int main() {
  check(hipInit(0));
  call("registered, seen", 5 << 20, registered);
  check(hipDeviceSynchronize());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{3, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  call("registered, blind", 6 << 20, registered);
  call("host, blind", 7 << 20, host);
  setrlimit(RLIMIT_NOFILE, &limit);
  return 0;
}
