// SPDX-License-Identifier: MIT
// The part of HIP's C interface that the interposer intercepts, written down instead of included:
// the headers of 5.x and 6.x give hipGetDeviceProperties two layouts. Handles are opaque pointers
// here; enumerations are int. Checked against every suite's header by tests/hip/programs/abi.cpp.
#ifndef ROCMFIX_HIP_ABI_HIP_HPP
#define ROCMFIX_HIP_ABI_HIP_HPP

#include <cstddef>
#include <cstdint>

namespace rocmfix::hip::api {

using Error = int;
inline constexpr Error success = 0;
inline constexpr Error not_found = 302;  // hipErrorSharedObjectSymbolNotFound

using Handle = void*;  // streams, arrays, pools, functions

struct Extent {
  size_t width, height, depth;
};
struct PitchedPtr {
  void* ptr;
  size_t pitch, xsize, ysize;
};
struct Dim3 {
  uint32_t x, y, z;
};

/// totalGlobalMem in hipDeviceProp_t of 5.x, and in hipDeviceProp_tR0600.
inline constexpr size_t total_memory_r0000 = 256;
inline constexpr size_t total_memory_r0600 = 288;

}  // namespace rocmfix::hip::api

#endif
