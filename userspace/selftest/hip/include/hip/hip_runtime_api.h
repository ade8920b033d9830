// SPDX-License-Identifier: MIT
// The part of HIP's C interface that the self-test calls, the same in HIP 5 to 7, written down instead
// of included: the self-test builds without a HIP installed, and is tied to none. A test compares it
// with the headers of the HIP that is (tests/selftest/test_declarations.py).
#ifndef ROCMFIX_SELFTEST_HIP_RUNTIME_API_H
#define ROCMFIX_SELFTEST_HIP_RUNTIME_API_H

#include <stddef.h>
#include <stdint.h>

enum hipError_t {
  hipSuccess = 0,
  hipErrorInvalidValue = 1,
  hipErrorOutOfMemory = 2,
  hipErrorNoDevice = 100,
  hipErrorNotSupported = 801,
};

enum hipMemcpyKind {
  hipMemcpyHostToHost = 0,
  hipMemcpyHostToDevice = 1,
  hipMemcpyDeviceToHost = 2,
  hipMemcpyDeviceToDevice = 3,
};

using hipStream_t = struct ihipStream_t*;
using hipModule_t = struct ihipModule_t*;
using hipFunction_t = struct ihipModuleSymbol_t*;

inline constexpr unsigned hipStreamNonBlocking = 0x01;
inline constexpr unsigned hipHostMallocMapped = 0x2;
inline constexpr unsigned hipHostMallocCoherent = 0x40000000;
inline constexpr unsigned hipHostMallocNonCoherent = 0x80000000;
inline constexpr unsigned hipMemAttachGlobal = 0x01;
inline constexpr unsigned hipDeviceMallocFinegrained = 0x1;
inline constexpr unsigned hipHostRegisterPortable = 0x1;
inline constexpr unsigned hipHostRegisterMapped = 0x2;

#include "hip/functions.h"

#endif
