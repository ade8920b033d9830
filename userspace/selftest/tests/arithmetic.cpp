// SPDX-License-Identifier: MIT
// Arithmetic against this processor's, to the last bit: IEEE 754 defines these operations, and
// C++'s are the same.
#include <bit>
#include <cmath>
#include <random>

#include "selftest/gpu.hpp"
#include "selftest/tests/half.hpp"
#include "selftest/verdict.hpp"

namespace rocmfix::selftest {

namespace {

constexpr std::uint32_t count = 16384;
constexpr unsigned groups = count / group_size;

constexpr std::array<const char*, real_count> real_names = {
    "addition",    "subtraction", "multiplication", "fused multiply-add",     "division",
    "square root", "minimum",     "maximum",        "rounding to an integer", "conversion to int"};

/// Of magnitudes from 2^-spread to 2^spread, with zeros and equal pairs among them.
template <class Real>
std::vector<Real> random_reals(std::uint32_t seed, int spread) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<Real> digits(1, 2);
  std::vector<Real> values(count);
  for (Real& value : values) {
    const int exponent =
        static_cast<int>(random() % (2UL * static_cast<unsigned>(spread))) - spread;
    value = std::ldexp(digits(random), exponent) * ((random() & 1U) != 0 ? 1 : -1);
  }
  return values;
}

template <class Real>
Real real_result(std::uint32_t operation, Real a, Real b, Real c) {
  switch (operation) {
    case real_add:
      return a + b;
    case real_subtract:
      return a - b;
    case real_multiply:
      return a * b;
    case real_fma:
      return std::fma(a, b, c);
    case real_divide:
      return a / b;
    case real_square_root:
      return std::sqrt(std::abs(a));
    case real_minimum:
      return std::fmin(a, b);
    case real_maximum:
      return std::fmax(a, b);
    case real_round:
      return std::rint(a);
    default: {
      const Real limit = 1e9;
      return static_cast<Real>(static_cast<std::int32_t>(std::fmin(std::fmax(a, -limit), limit)));
    }
  }
}

template <class Real>
void test_reals(const Task& task, const char* kernel, int spread, const std::string& of_what) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    const auto a = random_reals<Real>(passes.seed(), spread);
    const auto b = random_reals<Real>(passes.seed() + 1, spread);
    const auto c = random_reals<Real>(passes.seed() + 2, spread);
    const Vram<Real> on_gpu[] = {Vram<Real>(std::span<const Real>(a)),
                                 Vram<Real>(std::span<const Real>(b)),
                                 Vram<Real>(std::span<const Real>(c))};
    const Vram<Real> out(std::size_t{count} * real_count);
    gpu.launch(kernel, groups, nullptr, static_cast<const Real*>(on_gpu[0].at()),
               static_cast<const Real*>(on_gpu[1].at()), static_cast<const Real*>(on_gpu[2].at()),
               out.at(), count);
    gpu.wait();
    const std::vector<Real> seen = out.read();
    std::vector<Real> wanted(count);
    for (std::uint32_t operation = 0; operation < real_count; ++operation) {
      for (std::uint32_t i = 0; i < count; ++i) {
        wanted[i] = real_result(operation, a[i], b[i], c[i]);
      }
      compare<Real>(std::span(seen).subspan(std::size_t{operation} * count, count), wanted,
                    real_names.at(operation));
    }
  }
  passes.finish_right(of_what);
}

constexpr std::uint32_t reversed(std::uint32_t x) {
  std::uint32_t result = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    result |= (x >> bit & 1U) << (31 - bit);
  }
  return result;
}

std::uint32_t integer_result(std::uint32_t operation, std::uint32_t a, std::uint32_t b) {
  const std::uint64_t wide_a = std::uint64_t{a} << 32U | b;
  const std::uint64_t wide_b = std::uint64_t{b} << 32U | a;
  switch (operation) {
    case integer_multiply:
      return a * b;
    case integer_multiply_high:
      return static_cast<std::uint32_t>(static_cast<std::uint64_t>(a) * b >> 32U);
    case integer_divide:
      return a / (b | 1U);
    case integer_remainder:
      return a % (b | 1U);
    case integer_shift:
      return a << (b % 32U) ^ a >> (b % 31U);
    case integer_count_bits:
      return static_cast<std::uint32_t>(std::popcount(a));
    case integer_leading_zeros:
      return static_cast<std::uint32_t>(std::countl_zero(a | 1U));
    case integer_reverse:
      return reversed(a);
    case integer_multiply_64:
      return static_cast<std::uint32_t>((wide_a * wide_b) >> 32U);
    default:
      return static_cast<std::uint32_t>((wide_a + wide_b) >> 32U);
  }
}

constexpr std::array<const char*, integer_count> integer_names = {
    "multiplication", "upper half of a product",
    "division",       "remainder",
    "shift",          "count of bits",
    "leading zeros",  "reversal of bits",
    "64-bit product", "64-bit sum"};

std::vector<std::uint32_t> random_words(std::uint32_t seed, std::size_t size) {
  std::vector<std::uint32_t> words(size);
  for (std::size_t i = 0; i < size; ++i) {
    // Small numbers, too: a quotient of two random ones is mostly 0 or 1.
    words[i] =
        word_of(pattern_random, seed, i) >> (mixed(seed + static_cast<std::uint32_t>(i)) % 29);
  }
  return words;
}

double half_result(std::uint32_t operation, double a, double b, double c) {
  switch (operation) {
    case real_add:
      return a + b;
    case real_subtract:
      return a - b;
    case real_multiply:
      return a * b;
    default:
      return a * b + c;  // exact for what random_halves() gives
  }
}

/// Exponents so near to each other that a double has every sum of products exactly.
std::vector<std::uint16_t> random_halves(std::uint32_t seed) {
  std::vector<std::uint16_t> halves(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t word = word_of(pattern_random, seed, i);
    halves[i] = static_cast<std::uint16_t>((word & 0x83ffU) | (10 + (word >> 16U) % 10) << 10U);
  }
  return halves;
}

}  // namespace

void test_float(const Task& task, int /*argument*/) {
  test_reals<float>(task, "selftest_float", 40, "32-bit floating point");
}

void test_double(const Task& task, int /*argument*/) {
  test_reals<double>(task, "selftest_double", 200, "64-bit floating point");
}

void test_half(const Task& task, int /*argument*/) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    const auto a = random_halves(passes.seed());
    const auto b = random_halves(passes.seed() + 1);
    const auto c = random_halves(passes.seed() + 2);
    const Vram<std::uint16_t> on_gpu[] = {Vram<std::uint16_t>(std::span<const std::uint16_t>(a)),
                                          Vram<std::uint16_t>(std::span<const std::uint16_t>(b)),
                                          Vram<std::uint16_t>(std::span<const std::uint16_t>(c))};
    const Vram<std::uint16_t> out(std::size_t{count} * (real_fma + 1));
    constexpr std::uint32_t pairs = count / 2;
    gpu.launch("selftest_half", pairs / group_size, nullptr, on_gpu[0].at(), on_gpu[1].at(),
               on_gpu[2].at(), out.at(), pairs);
    gpu.wait();
    const std::vector<std::uint16_t> bits = out.read();
    std::vector<float> seen(count);
    std::vector<float> wanted(count);
    for (std::uint32_t operation = 0; operation <= real_fma; ++operation) {
      const auto row = std::span(bits).subspan(std::size_t{operation} * count, count);
      for (std::uint32_t i = 0; i < count; ++i) {
        seen[i] = static_cast<float>(from_half(row[i]));
        wanted[i] = static_cast<float>(from_half(
            to_half(half_result(operation, from_half(a[i]), from_half(b[i]), from_half(c[i])))));
      }
      compare<float>(seen, wanted, real_names.at(operation));
    }
  }
  passes.finish_right("16-bit floating point");
}

void test_integer(const Task& task, int /*argument*/) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    const auto a = random_words(passes.seed(), count);
    const auto b = random_words(passes.seed() + 1, count);
    const Vram<std::uint32_t> left{std::span<const std::uint32_t>(a)};
    const Vram<std::uint32_t> right{std::span<const std::uint32_t>(b)};
    const Vram<std::uint32_t> out(std::size_t{count} * integer_count);
    gpu.launch("selftest_integer", groups, nullptr, left.at(), right.at(), out.at(), count);
    gpu.wait();
    const std::vector<std::uint32_t> seen = out.read();
    std::vector<std::uint32_t> wanted(count);
    for (std::uint32_t operation = 0; operation < integer_count; ++operation) {
      for (std::uint32_t i = 0; i < count; ++i) {
        wanted[i] = integer_result(operation, a[i], b[i]);
      }
      compare<std::uint32_t>(std::span(seen).subspan(std::size_t{operation} * count, count), wanted,
                             integer_names.at(operation));
    }
  }
  passes.finish_right("integer arithmetic");
}

}  // namespace rocmfix::selftest
