// SPDX-License-Identifier: MIT
// A library that asks HIP for memory, as RCCL does: built as librccl.so.1, as a library of another
// name, and as one whose file is called otherwise than its SONAME. No call is the last thing that a
// function does, so none becomes a jump.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "hip.hpp"

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT void* ask_host(size_t size, unsigned flags) {
  void* p = nullptr;
  check(hipHostMalloc(&p, size, flags));
  memset(p, 1, size);
  return p;
}

EXPORT void give_back_host(void* p) {
  check(hipHostFree(p));
}

EXPORT void* ask_managed(size_t size) {
  void* p = nullptr;
  check(hipMallocManaged(&p, size, hipMemAttachGlobal));
  return p;
}

EXPORT void give_back_managed(void* p) {
  check(hipFree(p));
}

// `name`: of /dev/shm; "": of no name, and shared; nullptr: private.
EXPORT void* ask_registered(size_t size, const char* name) {
  int file = -1;
  if (name != nullptr && *name != '\0') {
    file = shm_open(name, O_RDWR | O_CREAT, 0600);
    shm_unlink(name);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0) {
      perror("shm_open");
      _exit(3);
    }
  }
  void* p =
      mmap(nullptr, size, PROT_READ | PROT_WRITE,
           (name == nullptr ? MAP_PRIVATE : MAP_SHARED) | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
  memset(p, 1, size);
  check(hipHostRegister(p, size, hipHostRegisterPortable | hipHostRegisterMapped));
  return p;
}

EXPORT void give_back_registered(void* p, size_t size) {
  check(hipHostUnregister(p));
  munmap(p, size);
}
