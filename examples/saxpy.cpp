// SPDX-License-Identifier: MIT
// Computes y = a * x + y on the GPU and compares every element with the processor's result. With
// the argument "after-free", the kernel reads x after it was freed: the GPU memory fault that
// rocmfix is about.
//
//   hipcc --offload-arch=gfx1010 --offload-arch=gfx1030 examples/saxpy.cpp -o saxpy
//   rocmfix-run --simulate rx5700xt ./saxpy
#include <hip/hip_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

__global__ void saxpy(float a, const float* x, float* y, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) {
    y[i] = a * x[i] + y[i];
  }
}

void require(const char* call, hipError_t error) {
  if (error != hipSuccess) {
    std::printf("%s: %s\n", call, hipGetErrorString(error));
    std::exit(1);
  }
}

int count_wrong(const std::vector<float>& x, const std::vector<float>& y,
                const std::vector<float>& result, float a) {
  int wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    wrong += result[i] == std::fma(a, x[i], y[i]) ? 0 : 1;
  }
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  const bool after_free = argc > 1 && std::strcmp(argv[1], "after-free") == 0;
  constexpr int count = (1 << 20) + 3;  // 4 MiB and a bit: the last workgroup has idle threads
  constexpr size_t size = count * sizeof(float);
  constexpr float a = 2.5F;
  std::vector<float> x(count);
  std::vector<float> y(count);
  for (int i = 0; i < count; ++i) {
    x[i] = static_cast<float>(i % 1000) * 0.25F;
    y[i] = static_cast<float>(i % 77) - 38.0F;
  }
  float* gpu_x = nullptr;
  float* gpu_y = nullptr;
  require("hipMalloc", hipMalloc(&gpu_x, size));
  require("hipMalloc", hipMalloc(&gpu_y, size));
  require("hipMemcpy", hipMemcpy(gpu_x, x.data(), size, hipMemcpyHostToDevice));
  require("hipMemcpy", hipMemcpy(gpu_y, y.data(), size, hipMemcpyHostToDevice));
  if (after_free) {
    std::printf("x was at %p, and is freed\n", static_cast<void*>(gpu_x));
    std::fflush(stdout);
    require("hipFree", hipFree(gpu_x));
  }
  constexpr int threads = 256;
  saxpy<<<(count + threads - 1) / threads, threads>>>(a, gpu_x, gpu_y, count);
  require("the launch", hipGetLastError());
  std::vector<float> result(count);
  require("hipMemcpy", hipMemcpy(result.data(), gpu_y, size, hipMemcpyDeviceToHost));
  const int wrong = count_wrong(x, y, result, a);
  std::printf("%d elements, %d wrong\n", count, wrong);
  return wrong == 0 ? 0 : 1;
}
