// SPDX-License-Identifier: MIT
// VOP3P: two halves at a time, and dot products. Which half of a source goes where is op_sel's (for
// the low result) and op_sel_hi's matter. Dot products: only targets that have them decode them.
#include <algorithm>

#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

u32 register_bits(const Wave& wave, const Operand& operand, unsigned lane, bool real) {
  if (operand.kind == Operand::Kind::vector) {
    return wave.v[operand.index][lane];
  }
  return static_cast<u32>(real && operand.kind == Operand::Kind::inline_float
                              ? constant_bits<half>(wave, operand)
                              : constant_bits<u32>(wave, operand));
}

// Source `number` for the low or the high result.
template <class T>
T packed_source(const Wave& wave, const Instruction& in, unsigned number, unsigned lane,
                bool high) {
  const u32 bits = register_bits(wave, in.operands[number + 1], lane, true);
  const std::uint8_t select = high ? in.op_sel_hi : in.op_sel;
  const std::uint8_t negate = high ? in.neg_hi : in.neg_lo;
  u32 value = bits >> (select >> number & 1U) * 16;
  if constexpr (is_real<T>) {
    value ^= (negate >> number & 1U) * 0x8000U;
    const T real = from_bits<T>(value);
    return Mode{wave.mode}.flushes_input<T>() ? flushed(real) : real;
  } else {
    return from_bits<T>(value);
  }
}

template <auto F, class T, unsigned Sources>
u32 packed_half(const Wave& wave, const Instruction& in, unsigned lane, bool high) {
  const auto source = [&](unsigned number) {
    return packed_source<T>(wave, in, number, lane, high);
  };
  T result{};
  if constexpr (Sources == 2) {
    result = F(source(0), source(1), in.clamp);
  } else {
    result = F(source(0), source(1), source(2), in.clamp);
  }
  if constexpr (is_real<T>) {
    result = finish_real(wave, in, result);
  }
  return static_cast<u32>(to_bits(result));
}

template <auto F, class T, unsigned Sources>
void run_packed(Wave& wave, const Instruction& in) {
  const Rounding rounding(rounding_for<T>(wave));
  each(wave.exec(), [&](unsigned lane) {
    const u32 low = packed_half<F, T, Sources>(wave, in, lane, false);
    const u32 high = packed_half<F, T, Sources>(wave, in, lane, true);
    wave.v[in.operands[0].index][lane] = low | high << 16U;
  });
}

template <class T>
T narrowed(int value, bool clamp) {
  return static_cast<T>(
      clamp ? std::clamp<int>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())
            : value);
}

template <class T>
void add_integers(Table& t, const std::string& s) {
  t.add("v_pk_add_" + s, run_packed<[](T a, T b, bool c) { return narrowed<T>(a + b, c); }, T, 2>);
  t.add("v_pk_sub_" + s, run_packed<[](T a, T b, bool c) { return narrowed<T>(a - b, c); }, T, 2>);
  t.add("v_pk_min_" + s, run_packed<[](T a, T b, bool) { return std::min(a, b); }, T, 2>);
  t.add("v_pk_max_" + s, run_packed<[](T a, T b, bool) { return std::max(a, b); }, T, 2>);
  t.add("v_pk_mad_" + s, run_packed<[](T a, T b, T c, bool clamp) {
          const i64 sum = i64{a} * b + c;
          return static_cast<T>(clamp ? std::clamp<i64>(sum, std::numeric_limits<T>::min(),
                                                        std::numeric_limits<T>::max())
                                      : sum);
        },
                                    T, 3>);
}

void add_bits(Table& t) {
  t.add("v_pk_mul_lo_u16",
        run_packed<[](u16 a, u16 b, bool) { return static_cast<u16>(u32{a} * b); }, u16, 2>);
  t.add(
      "v_pk_lshlrev_b16",
      run_packed<[](u16 a, u16 b, bool) { return static_cast<u16>(u32{b} << (a & 15U)); }, u16, 2>);
  t.add("v_pk_lshrrev_b16",
        run_packed<[](u16 a, u16 b, bool) { return static_cast<u16>(b >> (a & 15U)); }, u16, 2>);
  t.add("v_pk_ashrrev_i16",
        run_packed<[](i16 a, i16 b, bool) { return static_cast<i16>(b >> (a & 15)); }, i16, 2>);
}

// VOP2: no op_sel, both halves.
void run_packed_fmac(Wave& wave, const Instruction& in) {
  each(wave.exec(), [&](unsigned lane) {
    u32& out = wave.v[in.operands[0].index][lane];
    const u32 a = register_bits(wave, in.operands[1], lane, true);
    const u32 b = register_bits(wave, in.operands[2], lane, true);
    u32 result = 0;
    for (unsigned shift = 0; shift < 32; shift += 16) {
      const half sum = fused(from_bits<half>(a >> shift), from_bits<half>(b >> shift),
                             from_bits<half>(out >> shift));
      result |= static_cast<u32>(to_bits(sum)) << shift;
    }
    out = result;
  });
}

void add_reals(Table& t) {
  t.add("v_pk_add_f16", run_packed<[](half a, half b, bool) { return a + b; }, half, 2>);
  t.add("v_pk_mul_f16", run_packed<[](half a, half b, bool) { return a * b; }, half, 2>);
  t.add("v_pk_min_f16", run_packed<[](half a, half b, bool) { return minimum(a, b); }, half, 2>);
  t.add("v_pk_max_f16", run_packed<[](half a, half b, bool) { return maximum(a, b); }, half, 2>);
  t.add("v_pk_fma_f16",
        run_packed<[](half a, half b, half c, bool) { return fused(a, b, c); }, half, 3>);
  t.add("v_pk_fmac_f16", run_packed_fmac);
}

template <class T, unsigned Width>
i64 part(u32 bits, unsigned i) {
  const u32 moved = bits << (32 - Width - i * Width);
  if constexpr (std::is_signed_v<T>) {
    return static_cast<i32>(moved) >> (32 - Width);
  } else {
    return moved >> (32 - Width);
  }
}

// `Third`: the addend's operand; 0: the destination (v_dot4c).
template <class T, unsigned Width, unsigned Third>
void run_integer_dot(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<u32> first(wave, in, 1, 0, active);
  const Source<u32> second(wave, in, 2, 1, active);
  const Source<T> addend(wave, in, Third, 2, active);
  each(active, [&](unsigned lane) {
    i64 sum = addend[lane];
    for (unsigned i = 0; i < 32 / Width; ++i) {
      sum += part<T, Width>(first[lane], i) * part<T, Width>(second[lane], i);
    }
    if (in.clamp) {
      sum = std::clamp<i64>(sum, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    }
    write_lane<u32>(wave, in, 0, 3, lane, static_cast<u32>(sum));
  });
}

// The manual leaves open how often it rounds; here the products are exact and the sums in double.
// Denormals of 32 bits count as 0 whatever the mode says (LLVM's performFMACombine).
template <unsigned Third>
void run_real_dot(Wave& wave, const Instruction& in) {
  each(wave.exec(), [&](unsigned lane) {
    const u32 a = register_bits(wave, in.operands[1], lane, true);
    const u32 b = register_bits(wave, in.operands[2], lane, true);
    double sum = 0;
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned shift = i * 16;
      const std::uint8_t negate = i == 0 ? in.neg_lo : in.neg_hi;
      const u32 x = a >> shift ^ (negate & 1U) * 0x8000U;
      const u32 y = b >> shift ^ (negate >> 1U & 1U) * 0x8000U;
      sum += static_cast<double>(from_bits<half>(x)) * static_cast<double>(from_bits<half>(y));
    }
    const Operand& third = in.operands[Third];
    const u32 c = register_bits(wave, third, lane, false);
    const bool negated = Third != 0 && (in.neg_lo >> 2U & 1U) != 0;
    const auto addend = flushed(from_bits<float>(negated ? c ^ 0x80000000U : c));
    write_lane<float>(wave, in, 0, 3, lane,
                      flushed(static_cast<float>(sum + static_cast<double>(addend))));
  });
}

}  // namespace

void add_packed(Table& table) {
  add_integers<u16>(table, "u16");
  add_integers<i16>(table, "i16");
  add_bits(table);
  add_reals(table);
}

void add_dots(Table& table) {
  table.add("v_dot2_i32_i16", run_integer_dot<i32, 16, 3>);
  table.add("v_dot2_u32_u16", run_integer_dot<u32, 16, 3>);
  table.add("v_dot4_i32_i8", run_integer_dot<i32, 8, 3>);
  table.add("v_dot4_u32_u8", run_integer_dot<u32, 8, 3>);
  table.add("v_dot8_i32_i4", run_integer_dot<i32, 4, 3>);
  table.add("v_dot8_u32_u4", run_integer_dot<u32, 4, 3>);
  table.add("v_dot4c_i32_i8", run_integer_dot<i32, 8, 0>);
  table.add("v_dot2_f32_f16", run_real_dot<3>);
  table.add("v_dot2c_f32_f16", run_real_dot<0>);
}

}  // namespace rocmfix::sim::isa
