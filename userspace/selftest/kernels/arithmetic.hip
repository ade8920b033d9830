// SPDX-License-Identifier: MIT
// Arithmetic whose result is defined to the last bit: IEEE 754 and integers. Compiled without
// contraction; where an fma is meant, it is written.
#include <hip/hip_runtime.h>

#include "shared.hpp"

using namespace rocmfix::selftest;

namespace {

__device__ uint32_t thread_of_grid() {
  return blockIdx.x * blockDim.x + threadIdx.x;
}

}  // namespace

// `out` has all results of an operation one after the other.
extern "C" __global__ void selftest_float(const float* a, const float* b, const float* c, float* out,
                                          uint32_t count) {
  const uint32_t i = thread_of_grid();
  if (i >= count) {
    return;
  }
  out[real_add * count + i] = a[i] + b[i];
  out[real_subtract * count + i] = a[i] - b[i];
  out[real_multiply * count + i] = a[i] * b[i];
  out[real_fma * count + i] = __builtin_fmaf(a[i], b[i], c[i]);
  out[real_divide * count + i] = a[i] / b[i];
  out[real_square_root * count + i] = __builtin_sqrtf(__builtin_fabsf(a[i]));
  out[real_minimum * count + i] = __builtin_fminf(a[i], b[i]);
  out[real_maximum * count + i] = __builtin_fmaxf(a[i], b[i]);
  out[real_round * count + i] = __builtin_rintf(a[i]);
  out[real_to_integer * count + i] =
      static_cast<float>(static_cast<int32_t>(__builtin_fminf(__builtin_fmaxf(a[i], -1e9F), 1e9F)));
}

extern "C" __global__ void selftest_double(const double* a, const double* b, const double* c,
                                           double* out, uint32_t count) {
  const uint32_t i = thread_of_grid();
  if (i >= count) {
    return;
  }
  out[real_add * count + i] = a[i] + b[i];
  out[real_subtract * count + i] = a[i] - b[i];
  out[real_multiply * count + i] = a[i] * b[i];
  out[real_fma * count + i] = __builtin_fma(a[i], b[i], c[i]);
  out[real_divide * count + i] = a[i] / b[i];
  out[real_square_root * count + i] = __builtin_sqrt(__builtin_fabs(a[i]));
  out[real_minimum * count + i] = __builtin_fmin(a[i], b[i]);
  out[real_maximum * count + i] = __builtin_fmax(a[i], b[i]);
  out[real_round * count + i] = __builtin_rint(a[i]);
  out[real_to_integer * count + i] =
      static_cast<double>(static_cast<int32_t>(__builtin_fmin(__builtin_fmax(a[i], -1e9), 1e9)));
}

// Halves, as their bits: two at a time, for the packed instructions.
using Half2 = _Float16 __attribute__((ext_vector_type(2)));

extern "C" __global__ void selftest_half(const Half2* a, const Half2* b, const Half2* c, Half2* out,
                                         uint32_t pairs) {
  const uint32_t i = thread_of_grid();
  if (i >= pairs) {
    return;
  }
  out[real_add * pairs + i] = a[i] + b[i];
  out[real_subtract * pairs + i] = a[i] - b[i];
  out[real_multiply * pairs + i] = a[i] * b[i];
  Half2 fused;
  fused.x = __builtin_fmaf16(a[i].x, b[i].x, c[i].x);
  fused.y = __builtin_fmaf16(a[i].y, b[i].y, c[i].y);
  out[real_fma * pairs + i] = fused;
}

extern "C" __global__ void selftest_integer(const uint32_t* a, const uint32_t* b, uint32_t* out,
                                            uint32_t count) {
  const uint32_t i = thread_of_grid();
  if (i >= count) {
    return;
  }
  const uint64_t wide_a = static_cast<uint64_t>(a[i]) << 32U | b[i];
  const uint64_t wide_b = static_cast<uint64_t>(b[i]) << 32U | a[i];
  out[integer_multiply * count + i] = a[i] * b[i];
  out[integer_multiply_high * count + i] =
      static_cast<uint32_t>((static_cast<uint64_t>(a[i]) * b[i]) >> 32U);
  out[integer_divide * count + i] = a[i] / (b[i] | 1U);
  out[integer_remainder * count + i] = a[i] % (b[i] | 1U);
  out[integer_shift * count + i] = a[i] << (b[i] % 32U) ^ a[i] >> (b[i] % 31U);
  out[integer_count_bits * count + i] = static_cast<uint32_t>(__builtin_popcount(a[i]));
  out[integer_leading_zeros * count + i] = static_cast<uint32_t>(__builtin_clz(a[i] | 1U));
  out[integer_reverse * count + i] = __builtin_bitreverse32(a[i]);
  out[integer_multiply_64 * count + i] = static_cast<uint32_t>((wide_a * wide_b) >> 32U);
  out[integer_add_64 * count + i] = static_cast<uint32_t>((wide_a + wide_b) >> 32U);
}

// Four products of bytes and their sum, by the instruction of the targets that have it.
__device__ int32_t dot4(uint32_t a, uint32_t b, int32_t sum) {
#if defined(__gfx1011__) || defined(__gfx1012__) || defined(__gfx1030__) || defined(__gfx1031__) || \
    defined(__gfx1032__) || defined(__gfx1033__) || defined(__gfx1034__) || defined(__gfx1035__) || \
    defined(__gfx1036__) || defined(ROCMFIX_CPU_HIP)
  return __builtin_amdgcn_sdot4(static_cast<int32_t>(a), static_cast<int32_t>(b), sum, false);
#else
  for (uint32_t byte = 0; byte < 4; ++byte) {
    sum += static_cast<int8_t>(a >> 8U * byte) * static_cast<int8_t>(b >> 8U * byte);
  }
  return sum;
#endif
}

// C = A * B of bytes, four along k in a word; A by rows, B by columns. A tile a workgroup, through LDS.
extern "C" __global__ void selftest_int8_tiles(const uint32_t* a, const uint32_t* b, int32_t* c) {
  constexpr uint32_t words = matrix_side / 4;
  __shared__ uint32_t rows[tile_side][words];
  __shared__ uint32_t columns[tile_side][words];
  const uint32_t x = threadIdx.x % tile_side;
  const uint32_t y = threadIdx.x / tile_side;
  const uint32_t row = blockIdx.x / (matrix_side / tile_side) * tile_side;
  const uint32_t column = blockIdx.x % (matrix_side / tile_side) * tile_side;
  rows[y][x] = a[(row + y) * words + x];
  columns[y][x] = b[(column + y) * words + x];
  __syncthreads();
  int32_t sum = 0;
  for (uint32_t k = 0; k < words; ++k) {
    sum = dot4(rows[y][k], columns[x][k], sum);
  }
  c[(row + y) * matrix_side + column + x] = sum;
}

// The same with floats and one fma a step, in the order of k.
extern "C" __global__ void selftest_float_tiles(const float* a, const float* b, float* c) {
  __shared__ float rows[tile_side][tile_side];
  __shared__ float columns[tile_side][tile_side];
  const uint32_t x = threadIdx.x % tile_side;
  const uint32_t y = threadIdx.x / tile_side;
  const uint32_t row = blockIdx.x / (matrix_side / tile_side) * tile_side;
  const uint32_t column = blockIdx.x % (matrix_side / tile_side) * tile_side;
  float sum = 0;
  for (uint32_t step = 0; step < matrix_side; step += tile_side) {
    rows[y][x] = a[(row + y) * matrix_side + step + x];
    columns[y][x] = b[(step + y) * matrix_side + column + x];
    __syncthreads();
    for (uint32_t k = 0; k < tile_side; ++k) {
      sum = __builtin_fmaf(rows[y][k], columns[k][x], sum);
    }
    __syncthreads();
  }
  c[(row + y) * matrix_side + column + x] = sum;
}
