// SPDX-License-Identifier: MIT
// IEEE 754's binary16, which g++ 12 has not got in C++.
#pragma once

#include <cmath>
#include <cstdint>

namespace rocmfix::selftest {

inline double from_half(std::uint16_t bits) {
  const auto exponent = static_cast<int>(bits >> 10U & 31U);
  const double digits = bits & 0x3ffU;
  const double value = exponent == 0    ? std::ldexp(digits, -24)
                       : exponent == 31 ? (digits == 0 ? HUGE_VAL : std::nan(""))
                                        : std::ldexp(digits + 1024, exponent - 25);
  return (bits & 0x8000U) != 0 ? -value : value;
}

/// Rounded to the nearest, halfway to even.
inline std::uint16_t to_half(double value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000U : 0U);
  const double magnitude = std::abs(value);
  if (std::isnan(value)) {
    return 0x7e00U;
  }
  if (magnitude < std::ldexp(1, -14)) {  // subnormal
    return static_cast<std::uint16_t>(
        sign | static_cast<unsigned>(std::nearbyint(std::ldexp(magnitude, 24))));
  }
  int exponent = 0;
  const double digits = std::frexp(magnitude, &exponent);  // from 0.5 to 1
  const auto rounded = static_cast<unsigned>(std::nearbyint(std::ldexp(digits, 11)));
  // What is rounded up to 2048 carries into the exponent by itself.
  const unsigned bits = magnitude >= 65520
                            ? 0x7c00U
                            : (static_cast<unsigned>(exponent + 14) << 10U) + rounded - 1024U;
  return static_cast<std::uint16_t>(sign | bits);
}

}  // namespace rocmfix::selftest
