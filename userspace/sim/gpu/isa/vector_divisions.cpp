// SPDX-License-Identifier: MIT
// The steps of a division that is correctly rounded, by the instruction set's manual: v_div_scale
// moves denormal or extreme operands, v_div_fmas undoes it, v_div_fixup answers special cases.
// And v_trig_preop_f64: parts of 2/pi for the reduction of large angles.
#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

template <class T>
constexpr int scale_bits = sizeof(T) == 8 ? 128 : 64;
template <class T>
int raw_exponent(T value) {
  return static_cast<int>((to_bits(value) & exponent_mask<T>) >> mantissa_bits<T>);
}

// `value` is numerator or denominator; which one, v_div_scale finds out by comparing.
template <class T>
T scaled(T value, T denominator, T numerator, bool& flag) {
  constexpr int apart = sizeof(T) == 8 ? 768 : 96;
  const auto up = [](T x) { return std::ldexp(x, scale_bits<T>); };
  const auto down = [](T x) { return std::ldexp(x, -scale_bits<T>); };
  const bool is_denominator = to_bits(value) == to_bits(denominator);
  const bool is_numerator = to_bits(value) == to_bits(numerator);
  // In double for floats as well, where it is no denormal.
  const double reciprocal = 1.0 / static_cast<double>(denominator);
  const T quotient = numerator / denominator;
  flag = false;
  if (is_zero(numerator) || is_zero(denominator)) {
    return nan<T>();
  }
  if (raw_exponent(numerator) - raw_exponent(denominator) >= apart) {
    flag = true;  // the quotient is nearly infinite
    return is_denominator ? up(value) : value;
  }
  if (is_denormal(denominator)) {
    return up(value);
  }
  if (is_denormal(reciprocal) && is_denormal(quotient)) {
    flag = true;
    return is_denominator ? up(value) : value;
  }
  if (is_denormal(reciprocal)) {
    return down(value);
  }
  if (is_denormal(quotient)) {
    flag = true;
    return is_numerator ? up(value) : value;
  }
  if (raw_exponent(numerator) <= (sizeof(T) == 8 ? 53 : 23)) {
    return up(value);
  }
  return value;
}

// 2 ** exponent * (a * b + c), rounded once: the quotient may be a denormal number, and has to be
// the right one. The sum of floats is taken in double, which has more than twice their digits.
template <class T>
T scaled_fma(T a, T b, T c, int exponent) {
  using Wide = std::conditional_t<std::is_same_v<T, float>, double, T>;
  return static_cast<T>(std::ldexp(std::fma(Wide{a}, Wide{b}, Wide{c}), exponent));
}

template <class T>
void run_fmas(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<T> a(wave, in, 1, 0, active);
  const Source<T> b(wave, in, 2, 1, active);
  const Source<T> c(wave, in, 3, 2, active);
  const LaneMask scale = wave.mask_at(vcc_lo);
  const Rounding rounding(rounding_for<T>(wave));
  constexpr int bits = sizeof(T) == 8 ? 64 : 32;
  each(active, [&](unsigned lane) {
    int exponent = 0;
    if ((scale >> lane & 1U) != 0) {
      // Upwards if the addend is large, which a quotient near infinity has; else downwards.
      exponent = raw_exponent(c[lane]) > (sizeof(T) == 8 ? 1023 : 127) ? 2 * bits : -2 * bits;
    }
    write_lane<T>(wave, in, 0, 3, lane, scaled_fma<T>(a[lane], b[lane], c[lane], exponent));
  });
}

// quotient, denominator, numerator
template <class T>
T fixed(T quotient, T denominator, T numerator) {
  const bool negative = is_negative(denominator) != is_negative(numerator);
  if (is_nan(numerator)) {
    return quiet(numerator);
  }
  if (is_nan(denominator)) {
    return quiet(denominator);
  }
  if ((is_zero(numerator) && is_zero(denominator)) || (is_inf(numerator) && is_inf(denominator))) {
    return from_bits<T>(to_bits(nan<T>()) | sign_bit<T>);
  }
  if (is_zero(denominator) || is_inf(numerator)) {
    return infinity<T>(negative);
  }
  if (is_inf(denominator) || is_zero(numerator)) {
    return with_sign(T{0}, negative);
  }
  if constexpr (sizeof(T) > 2) {
    const int exponent = raw_exponent(numerator) - raw_exponent(denominator);
    if (exponent < (sizeof(T) == 8 ? -1075 : -150)) {
      return with_sign(T{0}, negative);
    }
    if (raw_exponent(denominator) == (sizeof(T) == 8 ? 2047 : 255)) {
      return infinity<T>(negative);
    }
  }
  return is_nan(quotient) ? infinity<T>(negative) : with_sign(quotient, negative);
}

// The fraction of 2/pi, 1201 bits, from the most significant on.
constexpr std::array<u32, 38> two_over_pi = {
    0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561,
    0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C, 0xFE1DEB1C, 0xB129A73E, 0xE88235F5, 0x2EBB4484,
    0xE99C7026, 0xB45F7E41, 0x3991D639, 0x835339F4, 0x9C845F8B, 0xBDF9283B, 0x1FF897FF, 0xDE05980F,
    0xEF2F118B, 0x5A0A6D1F, 0x6D367ECF, 0x27CB09B7, 0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B,
    0x3D0739F7, 0x8A5292EA, 0x6BFB5FB1, 0x1F8D5D08, 0x56033046, 0xFC7B6BAB};

double trig_preop(double angle, u32 segment) {
  constexpr int bits_a_segment = 53;
  int shift = static_cast<int>(segment & 31U) * bits_a_segment;
  const int exponent = raw_exponent(angle);
  constexpr int beyond = 1077;
  if (exponent > beyond) {
    shift += exponent - beyond;
  }
  u64 bits = 0;
  for (int i = 0; i < bits_a_segment; ++i) {
    const auto at = static_cast<unsigned>(shift) + static_cast<unsigned>(i);
    const u32 word = at / 32 < two_over_pi.size() ? two_over_pi.at(at / 32) : 0;
    bits = bits << 1U | (word >> (31 - at % 32) & 1U);
  }
  int scale = -bits_a_segment - shift;
  constexpr int large = 1968;
  if (exponent >= large) {
    scale += 128;
  }
  return std::ldexp(static_cast<double>(bits), scale);
}

}  // namespace

void add_vector_divisions(Table& t) {
  t.add("v_div_scale_f32", run_with_bits<scaled<float>, float, float, float>);
  t.add("v_div_scale_f64", run_with_bits<scaled<double>, double, double, double>);
  t.add("v_div_fmas_f32", run_fmas<float>);
  t.add("v_div_fmas_f64", run_fmas<double>);
  t.add("v_div_fixup_f32", vector_op<[](float a, float b, float c) { return fixed(a, b, c); }>);
  t.add("v_div_fixup_f64", vector_op<[](double a, double b, double c) { return fixed(a, b, c); }>);
  t.add("v_div_fixup_f16", vector_op<[](half a, half b, half c) { return fixed(a, b, c); }>);
  t.add("v_trig_preop_f64", vector_op<[](double a, u32 b) { return trig_preop(a, b); }>);
}

}  // namespace rocmfix::sim::isa
