// SPDX-License-Identifier: MIT
// What uses a HIP: a plugin, and with -DPROGRAM a program. use() gives the number of the HIP that
// answered each of its calls, or minus the error.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORT __attribute__((visibility("default")))

int hipMalloc(void** pointer, size_t size);
int hipMemset(void* to, int value, size_t size);
int hipFree(void* pointer);
int hipMemGetInfo(size_t* free, size_t* total);

EXPORT int use(void) {
  void* pointer = NULL;
  size_t free = 0;
  size_t total = 0;
  int error = hipMalloc(&pointer, 64);
  if (error != 0) {
    return -error;
  }
  int number = (int)((uintptr_t)pointer / 4096);
  if (hipMemset(pointer, 1000, 64) != number + 1000 || hipMemGetInfo(&free, &total) != 0 ||
      total != (size_t)number || hipFree(pointer) != 0) {
    return -1;
  }
  return number;
}

#ifdef PROGRAM
int main(void) {
  printf("%d\n", use());
  printf("%d\n", use());
  return 0;
}
#endif
