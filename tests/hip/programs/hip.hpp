// SPDX-License-Identifier: MIT
// HIP's C interface for programs that g++ compiles, of any release.
#ifndef ROCMFIX_TESTS_HIP_HPP
#define ROCMFIX_TESTS_HIP_HPP

#include <cstdio>
#include <cstdlib>

// Last: it defines __noinline__, a word that libstdc++ 16 has in its headers.
#define __HIP_PLATFORM_AMD__ 1
#define __HIP_PLATFORM_HCC__ 1
#include <hip/hip_runtime_api.h>

#if HIP_VERSION_MAJOR >= 6
#define MEMORY_TYPE(attributes) (attributes).type
#else
#define MEMORY_TYPE(attributes) (attributes).memoryType
#endif

// Exit status 3: HIP failed where it must not.
#define check(expression)                                                 \
  do {                                                                    \
    const hipError_t check_error = (expression);                          \
    if (check_error != hipSuccess) {                                      \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #expression, \
              hipGetErrorName(check_error));                              \
      fflush(nullptr);                                                    \
      _Exit(3);                                                           \
    }                                                                     \
  } while (false)

#endif
