// SPDX-License-Identifier: MIT
// VALU: integers and bits, one lane at a time.
#include <algorithm>
#include <bit>

#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

u16 word(u32 value) {
  return static_cast<u16>(value);
}
template <class T>
T clamped(i64 value) {
  return static_cast<T>(
      std::clamp<i64>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}
template <class T>
constexpr i64 low24(T value) {
  if constexpr (std::is_signed_v<T>) {
    return static_cast<i32>(static_cast<u32>(value) << 8U) >> 8;
  } else {
    return static_cast<u32>(value) & 0xffffffU;
  }
}
constexpr auto i24 = low24<i32>;
constexpr auto u24 = low24<u32>;

void add_moves(Table& t) {
  constexpr auto move = [](u32 a) { return a; };
  t.add("v_mov_b32", vector_op<move>);
  t.add("v_not_b32", vector_op<[](u32 a) { return ~a; }>);
  t.add("v_bfrev_b32", vector_op<[](u32 a) {
          u32 result = 0;
          for (unsigned i = 0; i < 32; ++i) {
            result |= (a >> i & 1U) << (31 - i);
          }
          return result;
        }>);
  t.add("v_ffbh_u32",
        vector_op<[](u32 a) { return a == 0 ? ~0U : static_cast<u32>(std::countl_zero(a)); }>);
  t.add("v_ffbl_b32",
        vector_op<[](u32 a) { return a == 0 ? ~0U : static_cast<u32>(std::countr_zero(a)); }>);
  t.add("v_ffbh_i32", vector_op<[](u32 a) {
          const u32 turned = static_cast<i32>(a) < 0 ? ~a : a;
          return turned == 0 ? ~0U : static_cast<u32>(std::countl_zero(turned));
        }>);
  t.add("v_sat_pk_u8_i16", vector_op<[](u32 a) {
          const auto byte = [](u32 half_word) {
            return static_cast<u32>(std::clamp<int>(static_cast<i16>(half_word), 0, 255));
          };
          return byte(a) | byte(a >> 16U) << 8U;
        }>);
}

void add_32(Table& t) {
  t.add("v_add_nc_u32", saturating_op<[](u32 a, u32 b) { return a + b; },
                                      [](u32 a, u32 b) { return clamped<u32>(i64{a} + b); }>);
  t.add("v_sub_nc_u32", saturating_op<[](u32 a, u32 b) { return a - b; },
                                      [](u32 a, u32 b) { return a < b ? 0 : a - b; }>);
  t.add("v_subrev_nc_u32", saturating_op<[](u32 a, u32 b) { return b - a; },
                                         [](u32 a, u32 b) { return b < a ? 0 : b - a; }>);
  t.add("v_add_nc_i32", saturating_op<[](u32 a, u32 b) { return a + b; },
                                      [](i32 a, i32 b) { return clamped<i32>(i64{a} + b); }>);
  t.add("v_sub_nc_i32", saturating_op<[](u32 a, u32 b) { return a - b; },
                                      [](i32 a, i32 b) { return clamped<i32>(i64{a} - b); }>);
  t.add("v_and_b32", vector_op<[](u32 a, u32 b) { return a & b; }>);
  t.add("v_or_b32", vector_op<[](u32 a, u32 b) { return a | b; }>);
  t.add("v_xor_b32", vector_op<[](u32 a, u32 b) { return a ^ b; }>);
  t.add("v_xnor_b32", vector_op<[](u32 a, u32 b) { return ~(a ^ b); }>);
  t.add("v_min_i32", vector_op<[](i32 a, i32 b) { return std::min(a, b); }>);
  t.add("v_max_i32", vector_op<[](i32 a, i32 b) { return std::max(a, b); }>);
  t.add("v_min_u32", vector_op<[](u32 a, u32 b) { return std::min(a, b); }>);
  t.add("v_max_u32", vector_op<[](u32 a, u32 b) { return std::max(a, b); }>);
  t.add("v_lshlrev_b32", vector_op<[](u32 a, u32 b) { return b << (a & 31U); }>);
  t.add("v_lshrrev_b32", vector_op<[](u32 a, u32 b) { return (b >> (a & 31U)); }>);
  t.add("v_ashrrev_i32", vector_op<[](u32 a, i32 b) { return (b >> (a & 31U)); }>);
  t.add("v_lshlrev_b64", vector_op<[](u32 a, u64 b) { return b << (a & 63U); }>);
  t.add("v_lshrrev_b64", vector_op<[](u32 a, u64 b) { return (b >> (a & 63U)); }>);
  t.add("v_ashrrev_i64", vector_op<[](u32 a, i64 b) { return (b >> (a & 63U)); }>);
  t.add("v_bcnt_u32_b32",
        vector_op<[](u32 a, u32 b) { return static_cast<u32>(std::popcount(a)) + b; }>);
  t.add("v_bfm_b32", vector_op<[](u32 a, u32 b) { return ((1U << (a & 31U)) - 1) << (b & 31U); }>);
}

void add_multiplications(Table& t) {
  t.add("v_mul_lo_u32", vector_op<[](u32 a, u32 b) { return a * b; }>);
  t.add("v_mul_hi_u32",
        vector_op<[](u32 a, u32 b) { return static_cast<u32>(u64{a} * b >> 32U); }>);
  t.add("v_mul_hi_i32", vector_op<[](i32 a, i32 b) { return static_cast<i32>(i64{a} * b >> 32); }>);
  t.add("v_mul_i32_i24", vector_op<[](i32 a, i32 b) { return static_cast<u32>(i24(a) * i24(b)); }>);
  t.add("v_mul_u32_u24", vector_op<[](u32 a, u32 b) { return static_cast<u32>(u24(a) * u24(b)); }>);
  t.add("v_mul_hi_i32_i24",
        vector_op<[](i32 a, i32 b) { return static_cast<u32>(i24(a) * i24(b) >> 32); }>);
  t.add("v_mul_hi_u32_u24",
        vector_op<[](u32 a, u32 b) { return static_cast<u32>(u24(a) * u24(b) >> 32); }>);
  t.add("v_mad_i32_i24",
        saturating_op<[](i32 a, i32 b, u32 c) { return static_cast<u32>(i24(a) * i24(b)) + c; },
                      [](i32 a, i32 b, i32 c) { return clamped<i32>(i24(a) * i24(b) + c); }>);
  t.add("v_mad_u32_u24",
        saturating_op<[](u32 a, u32 b, u32 c) { return static_cast<u32>(u24(a) * u24(b)) + c; },
                      [](u32 a, u32 b, u32 c) { return clamped<u32>(u24(a) * u24(b) + c); }>);
  t.add("v_mad_u32_u16",
        saturating_op<[](u16 a, u16 b, u32 c) { return u32{a} * b + c; },
                      [](u16 a, u16 b, u32 c) { return clamped<u32>(i64{a} * b + c); }>);
  t.add("v_mad_i32_i16",
        saturating_op<[](i16 a, i16 b, u32 c) { return static_cast<u32>(a * b) + c; },
                      [](i16 a, i16 b, i32 c) { return clamped<i32>(i64{a} * b + c); }>);
}

void add_three(Table& t) {
  t.add("v_add3_u32", vector_op<[](u32 a, u32 b, u32 c) { return a + b + c; }>);
  t.add("v_lshl_add_u32", vector_op<[](u32 a, u32 b, u32 c) { return (a << (b & 31U)) + c; }>);
  t.add("v_add_lshl_u32", vector_op<[](u32 a, u32 b, u32 c) { return (a + b) << (c & 31U); }>);
  t.add("v_lshl_or_b32", vector_op<[](u32 a, u32 b, u32 c) { return a << (b & 31U) | c; }>);
  t.add("v_and_or_b32", vector_op<[](u32 a, u32 b, u32 c) { return (a & b) | c; }>);
  t.add("v_or3_b32", vector_op<[](u32 a, u32 b, u32 c) { return a | b | c; }>);
  t.add("v_xor3_b32", vector_op<[](u32 a, u32 b, u32 c) { return a ^ b ^ c; }>);
  t.add("v_xad_u32", vector_op<[](u32 a, u32 b, u32 c) { return (a ^ b) + c; }>);
  t.add("v_bfi_b32", vector_op<[](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }>);
  t.add("v_bfe_u32",
        vector_op<[](u32 a, u32 b, u32 c) { return (a >> (b & 31U) & ((1U << (c & 31U)) - 1)); }>);
  t.add("v_bfe_i32", vector_op<[](i32 a, u32 b, u32 c) {
          const u32 width = c & 31U;
          const i32 moved = (a >> (b & 31U));
          return (width == 0
                      ? 0
                      : static_cast<i32>(static_cast<u32>(moved) << (32 - width)) >> (32 - width));
        }>);
  t.add("v_alignbit_b32", vector_op<[](u32 a, u32 b, u32 c) {
          return static_cast<u32>((u64{a} << 32U | b) >> (c & 31U));
        }>);
  t.add("v_alignbyte_b32", vector_op<[](u32 a, u32 b, u32 c) {
          return static_cast<u32>((u64{a} << 32U | b) >> (c & 3U) * 8);
        }>);
}

template <class T>
void add_order(Table& t, const std::string& suffix) {
  t.add("v_min3_" + suffix, vector_op<[](T a, T b, T c) { return std::min(std::min(a, b), c); }>);
  t.add("v_max3_" + suffix, vector_op<[](T a, T b, T c) { return std::max(std::max(a, b), c); }>);
  t.add("v_med3_" + suffix, vector_op<[](T a, T b, T c) {
          return std::max(std::min(a, b), std::min(std::max(a, b), c));
        }>);
}

void add_16(Table& t) {
  t.add("v_add_nc_u16", saturating_op<[](u16 a, u16 b) { return word(u32{a} + b); },
                                      [](u16 a, u16 b) { return clamped<u16>(i64{a} + b); }>);
  t.add("v_sub_nc_u16", saturating_op<[](u16 a, u16 b) { return word(u32{a} - b); },
                                      [](u16 a, u16 b) { return clamped<u16>(i64{a} - b); }>);
  t.add("v_add_nc_i16", saturating_op<[](u16 a, u16 b) { return word(u32{a} + b); },
                                      [](i16 a, i16 b) { return clamped<i16>(i64{a} + b); }>);
  t.add("v_sub_nc_i16", saturating_op<[](u16 a, u16 b) { return word(u32{a} - b); },
                                      [](i16 a, i16 b) { return clamped<i16>(i64{a} - b); }>);
  t.add("v_mul_lo_u16", vector_op<[](u16 a, u16 b) { return word(u32{a} * b); }>);
  t.add("v_mad_u16",
        saturating_op<[](u16 a, u16 b, u16 c) { return word(u32{a} * b + c); },
                      [](u16 a, u16 b, u16 c) { return clamped<u16>(i64{a} * b + c); }>);
  t.add("v_mad_i16",
        saturating_op<[](u16 a, u16 b, u16 c) { return word(u32{a} * b + c); },
                      [](i16 a, i16 b, i16 c) { return clamped<i16>(i64{a} * b + c); }>);
  t.add("v_min_u16", vector_op<[](u16 a, u16 b) { return std::min(a, b); }>);
  t.add("v_max_u16", vector_op<[](u16 a, u16 b) { return std::max(a, b); }>);
  t.add("v_min_i16", vector_op<[](i16 a, i16 b) { return std::min(a, b); }>);
  t.add("v_max_i16", vector_op<[](i16 a, i16 b) { return std::max(a, b); }>);
  t.add("v_lshlrev_b16", vector_op<[](u16 a, u16 b) { return word(u32{b} << (a & 15U)); }>);
  t.add("v_lshrrev_b16", vector_op<[](u16 a, u16 b) { return word(u32{b} >> (a & 15U)); }>);
  t.add("v_ashrrev_i16", vector_op<[](u16 a, i16 b) { return static_cast<i16>(b >> (a & 15U)); }>);
}

u32 byte_of(u32 value, unsigned i) {
  return value >> i * 8 & 0xffU;
}

// Each selector byte picks one of the eight bytes, a sign, 0 or 0xff.
u32 permuted(u32 a, u32 b, u32 selector) {
  const u64 bytes = u64{a} << 32U | b;
  u32 result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const u32 select = byte_of(selector, i);
    u32 byte = 0;
    if (select >= 13) {
      byte = 0xff;
    } else if (select == 12) {
      byte = 0;
    } else if (select >= 8) {  // the sign of byte 1, 3, 5 or 7
      byte = (bytes >> ((select - 8) * 16 + 15) & 1U) != 0 ? 0xff : 0;
    } else {
      byte = static_cast<u32>(bytes >> select * 8) & 0xffU;
    }
    result |= byte << i * 8;
  }
  return result;
}

u32 difference_of_bytes(u32 a, u32 b, bool masked) {
  u32 sum = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const u32 x = byte_of(a, i);
    const u32 y = byte_of(b, i);
    sum += masked && y == 0 ? 0 : x > y ? x - y : y - x;
  }
  return sum;
}

void add_bytes(Table& t) {
  t.add("v_perm_b32", vector_op<[](u32 a, u32 b, u32 c) { return permuted(a, b, c); }>);
  t.add("v_sad_u8",
        vector_op<[](u32 a, u32 b, u32 c) { return difference_of_bytes(a, b, false) + c; }>);
  t.add("v_msad_u8",
        vector_op<[](u32 a, u32 b, u32 c) { return difference_of_bytes(a, b, true) + c; }>);
  t.add(
      "v_sad_hi_u8",
      vector_op<[](u32 a, u32 b, u32 c) { return (difference_of_bytes(a, b, false) << 16U) + c; }>);
  t.add("v_sad_u16", vector_op<[](u32 a, u32 b, u32 c) {
          const auto apart = [](u32 x, u32 y) { return (x > y ? x - y : y - x); };
          return apart(a & 0xffffU, b & 0xffffU) + apart(a >> 16U, b >> 16U) + c;
        }>);
  t.add("v_sad_u32", vector_op<[](u32 a, u32 b, u32 c) { return (a > b ? a - b : b - a) + c; }>);
  t.add("v_lerp_u8", vector_op<[](u32 a, u32 b, u32 c) {
          u32 result = 0;
          for (unsigned i = 0; i < 4; ++i) {
            result |= ((byte_of(a, i) + byte_of(b, i) + (byte_of(c, i) & 1U)) >> 1U) << i * 8;
          }
          return result;
        }>);
  t.add("v_cvt_pk_u8_f32", vector_op<[](float a, u32 b, u32 c) {
          const auto byte =
              is_nan(a) ? 0U : static_cast<u32>(std::clamp(std::nearbyint(a), 0.0F, 255.0F));
          const u32 shift = (b & 3U) * 8;
          return (c & ~(0xffU << shift)) | byte << shift;
        }>);
}

}  // namespace

void add_vector_integers(Table& table) {
  add_moves(table);
  add_32(table);
  add_multiplications(table);
  add_three(table);
  add_order<i32>(table, "i32");
  add_order<u32>(table, "u32");
  add_order<i16>(table, "i16");
  add_order<u16>(table, "u16");
  add_16(table);
  add_bytes(table);
}

}  // namespace rocmfix::sim::isa
