// SPDX-License-Identifier: MIT
// A kernel whose code for gfx1030 has an instruction that gfx1010 does not have: the dot product of four
// bytes. Compiled for gfx1030 alone, it is what HSA_OVERRIDE_GFX_VERSION=10.3.0 makes a gfx1010 card run.
#include <hip/hip_runtime.h>

#include <cstdio>

__global__ void dots(const int* a, int* out) {
  const int i = static_cast<int>(threadIdx.x);
  out[i] = __builtin_amdgcn_sdot4(a[i], 0x01020304, 5, false);
}

int main() {
  int host[64];
  for (int i = 0; i < 64; ++i) {
    host[i] = i | (255 - i) << 16;  // bytes i, 0, -1-i, 0
  }
  int* a = nullptr;
  int* out = nullptr;
  if (hipMalloc(&a, sizeof host) != hipSuccess || hipMalloc(&out, sizeof host) != hipSuccess ||
      hipMemcpy(a, host, sizeof host, hipMemcpyHostToDevice) != hipSuccess) {
    return 2;
  }
  dots<<<1, 64>>>(a, out);
  if (hipMemcpy(host, out, sizeof host, hipMemcpyDeviceToHost) != hipSuccess) {
    return 3;
  }
  int wrong = 0;
  for (int i = 0; i < 64; ++i) {
    wrong += host[i] == 5 + 4 * i + 2 * (-1 - i) ? 0 : 1;
  }
  std::printf("%d wrong\n", wrong);
  return wrong == 0 ? 0 : 1;
}
