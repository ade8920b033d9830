// SPDX-License-Identifier: MIT
// A preload that does nothing but call the next one: what standing before HIP costs at the least.
// bench/hip compares it with the interposer.
#include <dlfcn.h>

#include "hip.hpp"

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

hipError_t hipMalloc(void** pointer, size_t size) {
  static auto* const real = next<hipError_t(void**, size_t)>("hipMalloc");
  return real(pointer, size);
}

hipError_t hipFree(void* pointer) {
  static auto* const real = next<hipError_t(void*)>("hipFree");
  return real(pointer);
}

hipError_t hipHostMalloc(void** pointer, size_t size, unsigned flags) {
  static auto* const real = next<hipError_t(void**, size_t, unsigned)>("hipHostMalloc");
  return real(pointer, size, flags);
}

hipError_t hipHostFree(void* pointer) {
  static auto* const real = next<hipError_t(void*)>("hipHostFree");
  return real(pointer);
}

}  // extern "C"
