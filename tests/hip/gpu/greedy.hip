// SPDX-License-Identifier: MIT
// A kernel with as much LDS as a workgroup can have, and with a byte more.
#include <hip/hip_runtime.h>

#include <cstdio>

namespace {

__global__ void reverse(int* at, unsigned last) {
  extern __shared__ int words[];
  words[last - threadIdx.x] = at[threadIdx.x];
  __syncthreads();
  at[threadIdx.x] = words[last - (blockDim.x - 1 - threadIdx.x)];
}

const char* run(int* at, unsigned bytes) {
  constexpr unsigned threads = 64;
  int words[threads];
  for (int i = 0; i < static_cast<int>(threads); ++i) {
    words[i] = i;
  }
  if (hipMemcpy(at, words, sizeof words, hipMemcpyHostToDevice) != hipSuccess) {
    return "not copied";
  }
  reverse<<<1, threads, bytes>>>(at, bytes / 4 - 1);
  if (hipGetLastError() != hipSuccess) {
    return "refused";
  }
  if (hipMemcpy(words, at, sizeof words, hipMemcpyDeviceToHost) != hipSuccess) {
    return "not copied back";
  }
  for (int i = 0; i < static_cast<int>(threads); ++i) {
    if (words[i] != static_cast<int>(threads) - 1 - i) {
      return "wrong";
    }
  }
  return "computed";
}

}  // namespace

int main() {
  int* at = nullptr;
  if (hipMalloc(&at, 256) != hipSuccess) {
    return 1;
  }
  for (const unsigned bytes : {65536U, 65537U}) {
    std::printf("%u bytes: %s\n", bytes, run(at, bytes));
  }
  return 0;
}
