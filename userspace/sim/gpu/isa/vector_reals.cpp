// SPDX-License-Identifier: MIT
// VALU: floating point of 16, 32 and 64 bits. What the hardware only approximates (v_rcp_f32,
// v_sqrt_f32, v_exp_f32, ...) is rounded correctly here, so the last bit can differ from silicon's.
#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

template <class T>
void add_sums(Table& t, const std::string& s) {
  t.add("v_add_" + s, vector_op<[](T a, T b) { return static_cast<T>(a + b); }>);
  t.add("v_sub_" + s, vector_op<[](T a, T b) { return static_cast<T>(a - b); }>);
  t.add("v_subrev_" + s, vector_op<[](T a, T b) { return static_cast<T>(b - a); }>);
  t.add("v_mul_" + s, vector_op<[](T a, T b) { return static_cast<T>(a * b); }>);
  t.add("v_fma_" + s, vector_op<[](T a, T b, T c) { return fused(a, b, c); }>);
  t.add("v_fmac_" + s, accumulate_op<[](T a, T b, T c) { return fused(a, b, c); }>);
  t.add("v_fmaak_" + s, vector_op<[](T a, T b, T c) { return fused(a, b, c); }>);
  t.add("v_fmamk_" + s, vector_op<[](T a, T b, T c) { return fused(a, b, c); }>);
  t.add("v_min_" + s, vector_op<[](T a, T b) { return minimum(a, b); }>);
  t.add("v_max_" + s, vector_op<[](T a, T b) { return maximum(a, b); }>);
}

// Two roundings, and no denormals.
void add_unfused(Table& t) {
  constexpr auto mad = [](float a, float b, float c) {
    const float product = flushed(flushed(a) * flushed(b));
    return flushed(product + flushed(c));
  };
  t.add("v_mad_f32", vector_op<mad>);
  t.add("v_mac_f32", accumulate_op<mad>);
  t.add("v_madak_f32", vector_op<mad>);
  t.add("v_madmk_f32", vector_op<mad>);
  // 0 times anything is 0.
  constexpr auto product = [](float a, float b) { return is_zero(a) || is_zero(b) ? 0.0F : a * b; };
  t.add("v_mul_legacy_f32", vector_op<product>);
  constexpr auto mad_legacy = [](float a, float b, float c) {
    return is_zero(a) || is_zero(b) ? c : a * b + c;
  };
  t.add("v_mad_legacy_f32", vector_op<mad_legacy>);
  t.add("v_mac_legacy_f32", accumulate_op<mad_legacy>);
  constexpr auto fma_legacy = [](float a, float b, float c) {
    return is_zero(a) || is_zero(b) ? c : fused(a, b, c);
  };
  t.add("v_fma_legacy_f32", vector_op<fma_legacy>);
  t.add("v_fmac_legacy_f32", accumulate_op<fma_legacy>);
}

template <class T>
T fraction(T a) {
  if (is_nan(a) || is_inf(a)) {
    return nan<T>();
  }
  const auto below_one = from_bits<T>(to_bits(static_cast<T>(1)) - 1);
  const T result = static_cast<T>(static_cast<double>(a) - std::floor(static_cast<double>(a)));
  return result < static_cast<T>(1) ? result : below_one;
}

template <class T>
void add_roundings(Table& t, const std::string& s) {
  t.add("v_floor_" + s,
        vector_op<[](T a) { return static_cast<T>(std::floor(static_cast<double>(a))); }>);
  t.add("v_ceil_" + s,
        vector_op<[](T a) { return static_cast<T>(std::ceil(static_cast<double>(a))); }>);
  t.add("v_trunc_" + s,
        vector_op<[](T a) { return static_cast<T>(std::trunc(static_cast<double>(a))); }>);
  t.add("v_rndne_" + s,
        vector_op<[](T a) { return static_cast<T>(__builtin_roundeven(static_cast<double>(a))); }>);
  t.add("v_fract_" + s, vector_op<[](T a) { return fraction(a); }>);
}

constexpr double two_pi = 6.283185307179586;

// Within half a turn of 0, which is exact: sines of small angles keep all of their bits.
template <class T>
double in_half_turn(T turns) {
  return static_cast<double>(turns) - __builtin_roundeven(static_cast<double>(turns));
}
template <class T>
T sine(T turns) {
  if (is_nan(turns) || is_inf(turns)) {
    return nan<T>();
  }
  const double part = in_half_turn(turns);
  // Exact where the hardware is.
  if (part == 0 || std::fabs(part) == 0.5) {
    return with_sign(T{0}, is_negative(turns));
  }
  return static_cast<T>(std::sin(part * two_pi));
}
template <class T>
T cosine(T turns) {
  if (is_nan(turns) || is_inf(turns)) {
    return nan<T>();
  }
  const double part = in_half_turn(turns);
  return std::fabs(part) == 0.25 ? T{0} : static_cast<T>(std::cos(part * two_pi));
}

template <class T>
void add_functions(Table& t, const std::string& s) {
  t.add("v_rcp_" + s, vector_op<[](T a) { return static_cast<T>(1.0 / static_cast<double>(a)); }>);
  t.add("v_sqrt_" + s,
        vector_op<[](T a) { return static_cast<T>(std::sqrt(static_cast<double>(a))); }>);
  t.add("v_rsq_" + s,
        vector_op<[](T a) { return static_cast<T>(1.0 / std::sqrt(static_cast<double>(a))); }>);
  if (sizeof(T) == 8) {
    return;
  }
  t.add("v_exp_" + s,
        vector_op<[](T a) { return static_cast<T>(std::exp2(static_cast<double>(a))); }>);
  t.add("v_log_" + s,
        vector_op<[](T a) { return static_cast<T>(std::log2(static_cast<double>(a))); }>);
  t.add("v_sin_" + s, vector_op<[](T a) { return sine(a); }>);
  t.add("v_cos_" + s, vector_op<[](T a) { return cosine(a); }>);
}

template <class T>
int exponent_of(T a) {
  int exponent = 0;
  std::frexp(static_cast<double>(a), &exponent);
  return is_nan(a) || is_inf(a) ? 0 : exponent;
}
template <class T>
T mantissa_of(T a) {
  int exponent = 0;
  return is_nan(a) || is_inf(a) ? a : static_cast<T>(std::frexp(static_cast<double>(a), &exponent));
}

void add_exponents(Table& t) {
  t.add("v_frexp_exp_i32_f32", vector_op<[](float a) { return i32{exponent_of(a)}; }>);
  t.add("v_frexp_exp_i32_f64", vector_op<[](double a) { return i32{exponent_of(a)}; }>);
  t.add("v_frexp_exp_i16_f16", vector_op<[](half a) { return static_cast<i16>(exponent_of(a)); }>);
  t.add("v_frexp_mant_f32", vector_op<[](float a) { return mantissa_of(a); }>);
  t.add("v_frexp_mant_f64", vector_op<[](double a) { return mantissa_of(a); }>);
  t.add("v_frexp_mant_f16", vector_op<[](half a) { return mantissa_of(a); }>);
  t.add("v_ldexp_f32", vector_op<[](float a, i32 b) { return std::ldexp(a, b); }>);
  t.add("v_ldexp_f64", vector_op<[](double a, i32 b) { return std::ldexp(a, b); }>);
  t.add("v_ldexp_f16", vector_op<[](half a, i16 b) {
          return static_cast<half>(std::ldexp(static_cast<double>(a), b));
        }>);
}

template <class T>
void add_order(Table& t, const std::string& s) {
  t.add("v_min3_" + s, vector_op<[](T a, T b, T c) { return minimum3(a, b, c); }>);
  t.add("v_max3_" + s, vector_op<[](T a, T b, T c) { return maximum3(a, b, c); }>);
  t.add("v_med3_" + s, vector_op<[](T a, T b, T c) { return median(a, b, c); }>);
}

// Sources that are f32, or one half of a register as f16: op_sel_hi says which, op_sel the half.
float mixed_source(const Wave& wave, const Instruction& in, unsigned number, unsigned lane) {
  const Operand& operand = in.operands[number + 1];
  const bool is_half = (in.op_sel_hi >> number & 1U) != 0;
  u32 bits = 0;
  if (operand.kind == Operand::Kind::vector) {
    bits = wave.v[operand.index][lane];
  } else {
    bits = static_cast<u32>(is_half ? constant_bits<half>(wave, operand)
                                    : constant_bits<float>(wave, operand));
  }
  float value = 0;
  if (is_half) {
    const unsigned shift = (in.op_sel >> number & 1U) * 16;
    value = static_cast<float>(from_bits<half>(bits >> shift));
  } else {
    value = from_bits<float>(bits);
    value = Mode{wave.mode}.flushes_input<float>() ? flushed(value) : value;
  }
  // The encoding has "absolute" where packed instructions have neg_hi.
  if (operand.absolute || (in.neg_hi >> number & 1U) != 0) {
    value = std::fabs(value);
  }
  return operand.negate != ((in.neg_lo >> number & 1U) != 0) ? -value : value;
}

enum class Mixed : std::uint8_t { f32, low, high };
template <Mixed Result>
void run_mixed(Wave& wave, const Instruction& in) {
  const Rounding rounding(Mode{wave.mode}.rounding<float>());
  each(wave.exec(), [&](unsigned lane) {
    const float result = std::fma(mixed_source(wave, in, 0, lane), mixed_source(wave, in, 1, lane),
                                  mixed_source(wave, in, 2, lane));
    u32& out = wave.v[in.operands[0].index][lane];
    if constexpr (Result == Mixed::f32) {
      out = static_cast<u32>(to_bits(finish_real(wave, in, result)));
    } else {
      const auto bits = static_cast<u32>(to_bits(finish_real(wave, in, static_cast<half>(result))));
      out = Result == Mixed::low ? (out & 0xffff0000U) | bits : (out & 0xffffU) | bits << 16U;
    }
  });
}

}  // namespace

void add_vector_reals(Table& table) {
  add_sums<float>(table, "f32");
  add_sums<double>(table, "f64");
  add_sums<half>(table, "f16");
  add_unfused(table);
  add_roundings<float>(table, "f32");
  add_roundings<double>(table, "f64");
  add_roundings<half>(table, "f16");
  add_functions<float>(table, "f32");
  add_functions<double>(table, "f64");
  add_functions<half>(table, "f16");
  table.add("v_rcp_iflag_f32", table.find("v_rcp_f32"));
  add_exponents(table);
  add_order<float>(table, "f32");
  add_order<half>(table, "f16");
  table.add("v_fma_mix_f32", run_mixed<Mixed::f32>);
  table.add("v_fma_mixlo_f16", run_mixed<Mixed::low>);
  table.add("v_fma_mixhi_f16", run_mixed<Mixed::high>);
}

}  // namespace rocmfix::sim::isa
