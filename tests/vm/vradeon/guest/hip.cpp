// SPDX-License-Identifier: MIT
// usage: hip DEVICE
// Asks the HIP runtime for memory of every kind on that device and says where it
// is, as `mappings SLOT given` wants it: "MEMORY FLAGS ADDRESS SIZE"; of what was
// refused "refused MEMORY FLAGS - = CALL ERROR". Then "done", and it holds all of it
// until its stdin ends. No kernel is launched: the virtual card runs none.
#include <hip/hip_runtime_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

constexpr size_t size = 1 << 20;

struct Kind {
  const char* flags;
  unsigned int bits;
};

// The last one's name is not in the headers of every release.
constexpr Kind device_kinds[] = {{"fine-grained", hipDeviceMallocFinegrained}, {"uncached", 0x3}};
constexpr Kind host_kinds[] = {{"plain", hipHostMallocDefault},
                               {"coherent", hipHostMallocCoherent},
                               {"non-coherent", hipHostMallocNonCoherent}};

void report(const char* memory, const char* flags, const char* call, hipError_t error,
            const void* address) {
  if (error == hipSuccess)
    std::printf("%s %s %p %zu\n", memory, flags, address, size);
  else
    std::printf("refused %s %s - = %s %s\n", memory, flags, call, hipGetErrorName(error));
}

void try_ordinary() {
  void* address = nullptr;
  hipError_t error = hipMalloc(&address, size);
  report("device", "plain", "hipMalloc", error, address);
  for (const Kind& kind : device_kinds) {
    error = hipExtMallocWithFlags(&address, size, kind.bits);
    report("device", kind.flags, "hipExtMallocWithFlags", error, address);
  }
}

void try_host() {
  void* address = nullptr;
  for (const Kind& kind : host_kinds) {
    const hipError_t error = hipHostMalloc(&address, size, kind.bits);
    report("host", kind.flags, "hipHostMalloc", error, address);
  }
}

void try_managed() {
  void* address = nullptr;
  hipError_t error = hipMallocManaged(&address, size, hipMemAttachGlobal);
  report("managed", "plain", "hipMallocManaged", error, address);
  error = hipMallocManaged(&address, size, hipMemAttachGlobal);
  if (error == hipSuccess)
    error = hipMemAdvise(address, size, hipMemAdviseSetCoarseGrain, 0);
  report("managed", "coarse-grain", "hipMemAdvise", error, address);
}

void try_registered() {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  void* address = nullptr;
  hipError_t error = hipHostRegister(memory, size, hipHostRegisterDefault);
  if (error == hipSuccess)
    error = hipHostGetDevicePointer(&address, memory, 0);
  report("registered", "plain", "hipHostRegister", error, address);
}

}  // namespace

int main(int argc, char** argv) {
  // Where it stops, if it does.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  int devices = 0;
  if (argc != 2)
    return 2;
  hipError_t error = hipGetDeviceCount(&devices);
  if (error != hipSuccess || hipSetDevice(std::atoi(argv[1])) != hipSuccess) {
    std::fprintf(stderr, "error: %d devices, %s\n", devices, hipGetErrorName(error));
    return 1;
  }
  try_ordinary();
  try_host();
  try_managed();
  try_registered();
  std::puts("done");
  for (char byte; read(STDIN_FILENO, &byte, 1) > 0;) {
  }
  // The card has nothing that would let the runtime end in order.
  std::_Exit(0);
}
