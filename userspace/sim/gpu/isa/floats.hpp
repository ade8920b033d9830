// SPDX-License-Identifier: MIT
// Arithmetic as the MODE register asks for it: rounding, denormals; half precision; and what C's
// functions leave open (signed zeros and NaN in minimum and maximum).
#pragma once

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace rocmfix::sim::isa {

// The processor's emulation of it rounds once an operation, as the GPU does.
__extension__ using half = _Float16;

template <class T>
constexpr bool is_real =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, half>;

template <std::size_t Size>
using Bits = std::conditional_t<
    Size == 8, std::uint64_t,
    std::conditional_t<Size == 4, std::uint32_t,
                       std::conditional_t<Size == 2, std::uint16_t, std::uint8_t>>>;

template <class T>
T from_bits(std::uint64_t bits) {
  if constexpr (std::is_same_v<T, bool>) {
    return (bits & 1U) != 0;
  } else {
    return std::bit_cast<T>(static_cast<Bits<sizeof(T)>>(bits));
  }
}
template <class T>
std::uint64_t to_bits(T value) {
  return std::bit_cast<Bits<sizeof(T)>>(value);
}

template <class T>
constexpr std::uint64_t sign_bit = std::uint64_t{1} << (sizeof(T) * 8 - 1);
template <class T>
constexpr int mantissa_bits = sizeof(T) == 8   ? 52
                              : sizeof(T) == 4 ? 23
                                               : 10;
/// The exponent's bits, and an infinity.
template <class T>
constexpr std::uint64_t exponent_mask = (sign_bit<T> - 1) &
                                        ~((std::uint64_t{1} << mantissa_bits<T>)-1);

template <class T>
bool is_nan(T value) {
  return (to_bits(value) & (sign_bit<T> - 1)) > exponent_mask<T>;
}
template <class T>
bool is_inf(T value) {
  return (to_bits(value) & (sign_bit<T> - 1)) == exponent_mask<T>;
}
template <class T>
bool is_negative(T value) {
  return (to_bits(value) & sign_bit<T>) != 0;
}
template <class T>
bool is_denormal(T value) {
  const std::uint64_t magnitude = to_bits(value) & (sign_bit<T> - 1);
  return magnitude != 0 && magnitude < (std::uint64_t{1} << mantissa_bits<T>);
}
template <class T>
bool is_zero(T value) {
  return (to_bits(value) & (sign_bit<T> - 1)) == 0;
}
template <class T>
bool is_signalling(T value) {
  return is_nan(value) && (to_bits(value) >> (mantissa_bits<T> - 1) & 1U) == 0;
}
template <class T>
T quiet(T nan) {
  return from_bits<T>(to_bits(nan) | std::uint64_t{1} << (mantissa_bits<T> - 1));
}
template <class T>
T flushed(T value) {
  return is_denormal(value) ? from_bits<T>(to_bits(value) & sign_bit<T>) : value;
}
template <class T>
T with_sign(T magnitude, bool negative) {
  return from_bits<T>((to_bits(magnitude) & (sign_bit<T> - 1)) | (negative ? sign_bit<T> : 0));
}
template <class T>
T infinity(bool negative = false) {
  return from_bits<T>(exponent_mask<T> | (negative ? sign_bit<T> : 0));
}
template <class T>
T nan() {
  return quiet(from_bits<T>(exponent_mask<T>));
}

// minNum and maxNum: a number wins over a NaN, -0 is less than +0.
template <class T>
T minimum(T a, T b) {
  if (is_nan(a) || is_nan(b)) {
    return !is_nan(b) ? b : is_nan(a) ? quiet(a) : a;
  }
  return a < b || (a == b && is_negative(a)) ? a : b;
}
template <class T>
T maximum(T a, T b) {
  if (is_nan(a) || is_nan(b)) {
    return !is_nan(b) ? b : is_nan(a) ? quiet(a) : a;
  }
  return a > b || (a == b && !is_negative(a)) ? a : b;
}
template <class T>
T minimum3(T a, T b, T c) {
  return minimum(minimum(a, b), c);
}
template <class T>
T maximum3(T a, T b, T c) {
  return maximum(maximum(a, b), c);
}
template <class T>
T median(T a, T b, T c) {
  if (is_nan(a) || is_nan(b) || is_nan(c)) {
    return minimum3(a, b, c);
  }
  return maximum(minimum(a, b), minimum(maximum(a, b), c));
}

template <class T>
T fused(T a, T b, T c) {
  return std::fma(a, b, c);
}
// The product is exact in double; the sum is rounded to odd, so that rounding it again is right.
template <>
inline half fused(half a, half b, half c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const auto addend = static_cast<double>(c);
  const double sum = product + addend;
  const double virtual_product = sum - addend;
  const double error = (product - virtual_product) + (addend - (sum - virtual_product));
  double odd = sum;
  if (error != 0 && std::isfinite(sum) && (to_bits(sum) & 1U) == 0) {
    odd = std::nextafter(sum, error > 0 ? std::numeric_limits<double>::infinity()
                                        : -std::numeric_limits<double>::infinity());
  }
  return static_cast<half>(odd);
}

/// The MODE register's fields.
struct Mode {
  std::uint32_t word;
  template <class T>
  [[nodiscard]] unsigned rounding() const {
    return sizeof(T) == 4 ? word & 3U : word >> 2U & 3U;
  }
  template <class T>
  [[nodiscard]] bool flushes_input() const {
    return (word >> (sizeof(T) == 4 ? 4U : 6U) & 1U) == 0;
  }
  template <class T>
  [[nodiscard]] bool flushes_output() const {
    return (word >> (sizeof(T) == 4 ? 5U : 7U) & 1U) == 0;
  }
  [[nodiscard]] bool dx10_clamp() const { return (word >> 8U & 1U) != 0; }
  [[nodiscard]] bool ieee() const { return (word >> 9U & 1U) != 0; }
};

/// The processor's rounding for as long as it lives. To nearest is what it is otherwise.
class Rounding {
 public:
  explicit Rounding(unsigned mode) : changed_(mode != 0) {
    if (changed_) {
      std::fesetround(mode == 1 ? FE_UPWARD : mode == 2 ? FE_DOWNWARD : FE_TOWARDZERO);
    }
  }
  ~Rounding() {
    if (changed_) {
      std::fesetround(FE_TONEAREST);
    }
  }
  Rounding(const Rounding&) = delete;
  Rounding& operator=(const Rounding&) = delete;
  Rounding(Rounding&&) = delete;
  Rounding& operator=(Rounding&&) = delete;

 private:
  bool changed_;
};

}  // namespace rocmfix::sim::isa
