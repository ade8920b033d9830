// SPDX-License-Identifier: MIT
// What the kernels of the self-test and its CPU half agree on. Included by g++ and by HIP's
// compiler.
#ifndef ROCMFIX_SELFTEST_SHARED_HPP
#define ROCMFIX_SELFTEST_SHARED_HPP

#include <stdint.h>

#ifdef __HIP__
#define ROCMFIX_BOTH __host__ __device__
#else
#define ROCMFIX_BOTH
#endif

namespace rocmfix::selftest {

constexpr uint32_t wave_size = 32;
constexpr uint32_t group_size = 256;

/// What a verifying kernel has found: how many words, and one of them.
struct Mismatch {
  uint32_t count;
  uint32_t expected;
  uint32_t seen;
  uint32_t done;  // words that were looked at: a kernel that did not run finds nothing, too
  uint64_t index;
};

ROCMFIX_BOTH constexpr uint32_t mixed(uint32_t x) {
  x = (x ^ (x >> 16U)) * 0x7feb352dU;
  x = (x ^ (x >> 15U)) * 0x846ca68bU;
  return x ^ (x >> 16U);
}

/// Data that finds stuck bits, coupled bits and address lines that are not decoded.
enum Pattern : uint32_t {
  pattern_zeros,
  pattern_ones,
  pattern_even_bits,
  pattern_odd_bits,
  pattern_walking_bit,
  pattern_own_address,
  pattern_random,
  pattern_count,
};

ROCMFIX_BOTH constexpr uint32_t word_of(uint32_t pattern, uint32_t seed, uint64_t index) {
  const auto low = static_cast<uint32_t>(index);
  switch (pattern) {
    case pattern_zeros:
      return 0;
    case pattern_ones:
      return 0xffffffffU;
    case pattern_even_bits:
      return 0x55555555U;
    case pattern_odd_bits:
      return 0xaaaaaaaaU;
    case pattern_walking_bit:
      return 1U << ((low + seed) % 32U);
    case pattern_own_address:
      return low ^ static_cast<uint32_t>(index >> 32U);
    default:
      return mixed(low ^ mixed(seed ^ static_cast<uint32_t>(index >> 32U)));
  }
}

// ---- arithmetic: one input gives one result of each operation

enum RealOperation : uint32_t {
  real_add,
  real_subtract,
  real_multiply,
  real_fma,
  real_divide,
  real_square_root,
  real_minimum,
  real_maximum,
  real_round,
  real_to_integer,
  real_count,
};

enum IntegerOperation : uint32_t {
  integer_multiply,
  integer_multiply_high,
  integer_divide,
  integer_remainder,
  integer_shift,
  integer_count_bits,
  integer_leading_zeros,
  integer_reverse,
  integer_multiply_64,
  integer_add_64,
  integer_count,
};

/// Sides of the square matrices, and of what a workgroup computes of them.
constexpr uint32_t matrix_side = 64;
constexpr uint32_t tile_side = 16;

// ---- atomics

enum AtomicCell : uint32_t {
  atomic_add,
  atomic_max,
  atomic_min,
  atomic_xor,
  atomic_exchange_loop,  // compare and swap until it succeeds
  atomic_cells,
};

// ---- lanes

enum LaneOperation : uint32_t {
  lane_swizzle_xor,
  lane_swizzle_broadcast,
  lane_swizzle_quad,
  lane_bpermute,
  lane_permute,
  lane_dpp_quad,
  lane_dpp_row_shift,
  lane_dpp_row_rotate,
  lane_dpp_row_mirror,
  lane_dpp_half_mirror,
  lane_dpp_row_share,
  lane_dpp_row_xor,
  lane_dpp8,
  lane_permlane16,
  lane_permlanex16,
  lane_read_first,
  lane_read,
  lane_ballot,
  lane_count,
};

}  // namespace rocmfix::selftest

#endif
