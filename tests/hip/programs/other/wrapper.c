// SPDX-License-Identifier: MIT
// Another preload, as a profiler's: counts one call and passes it on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

static int count;

__attribute__((visibility("default"))) int hipMalloc(void** pointer, size_t size) {
  int (*next)(void**, size_t) = (int (*)(void**, size_t))dlsym(RTLD_NEXT, "hipMalloc");
  ++count;
  return next == NULL ? 7777 : next(pointer, size);
}

__attribute__((destructor)) static void report(void) {
  if (count > 0) {
    printf("wrapped %d\n", count);
  }
}
