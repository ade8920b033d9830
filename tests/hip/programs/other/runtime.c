// SPDX-License-Identifier: MIT
// A HIP that is not AMD's: it answers with its own number (-DNUMBER), so that a test sees whose
// function a caller got. Built as a library of any name, or compiled into its caller.
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int hipMalloc(void** pointer, size_t size) {
  *pointer = (void*)(uintptr_t)(NUMBER * 4096 + size % 4096);
  return 0;
}

EXPORT int hipMemset(void* to, int value, size_t size) {
  (void)to;
  (void)size;
  return NUMBER + value;
}

EXPORT int hipFree(void* pointer) {
  return (uintptr_t)pointer / 4096 == NUMBER ? 0 : 1;
}

EXPORT int hipMemGetInfo(size_t* free, size_t* total) {
  *free = *total = NUMBER;
  return 0;
}
