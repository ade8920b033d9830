// SPDX-License-Identifier: MIT
// Products of matrices by tiles in LDS, as convolutions and attention are computed: of bytes by the
// dot product instruction where the card has it, and of floats.
#include <cmath>

#include "selftest/gpu.hpp"
#include "selftest/verdict.hpp"

namespace rocmfix::selftest {

namespace {

constexpr std::uint32_t side = matrix_side;
constexpr std::uint32_t elements = side * side;
constexpr unsigned groups = (side / tile_side) * (side / tile_side);

std::vector<std::uint32_t> random_bytes(std::uint32_t seed) {
  std::vector<std::uint32_t> words(elements / 4);
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = word_of(pattern_random, seed, i);
  }
  return words;
}

std::int32_t byte_of(const std::vector<std::uint32_t>& words, std::uint32_t element) {
  return static_cast<std::int8_t>(words[element / 4] >> (element % 4 * 8U));
}

std::vector<std::int32_t> int8_product(const std::vector<std::uint32_t>& a,
                                       const std::vector<std::uint32_t>& b) {
  std::vector<std::int32_t> c(elements);
  for (std::uint32_t i = 0; i < elements; ++i) {
    for (std::uint32_t k = 0; k < side; ++k) {
      c[i] += byte_of(a, i / side * side + k) * byte_of(b, i % side * side + k);
    }
  }
  return c;
}

std::vector<float> random_floats(std::uint32_t seed) {
  std::vector<float> values(elements);
  for (std::uint32_t i = 0; i < elements; ++i) {
    values[i] = std::ldexp(
        static_cast<float>(static_cast<std::int32_t>(word_of(pattern_random, seed, i))), -31);
  }
  return values;
}

std::vector<float> float_product(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> c(elements);
  for (std::uint32_t i = 0; i < elements; ++i) {
    for (std::uint32_t k = 0; k < side; ++k) {
      c[i] = std::fma(a[i / side * side + k], b[k * side + i % side], c[i]);
    }
  }
  return c;
}

}  // namespace

void test_int8_tiles(const Task& task, int /*argument*/) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    const auto a = random_bytes(passes.seed());
    const auto b = random_bytes(passes.seed() + 1);
    const Vram<std::uint32_t> left{std::span<const std::uint32_t>(a)};
    const Vram<std::uint32_t> right{std::span<const std::uint32_t>(b)};
    const Vram<std::int32_t> out(elements);
    gpu.launch("selftest_int8_tiles", groups, nullptr, left.at(), right.at(), out.at());
    gpu.wait();
    compare<std::int32_t>(out.read(), int8_product(a, b), "a product of matrices of bytes");
  }
  passes.finish_right("products of matrices of bytes");
}

void test_float_tiles(const Task& task, int /*argument*/) {
  Gpu gpu(task);
  Passes passes(task);
  while (passes.next()) {
    const auto a = random_floats(passes.seed());
    const auto b = random_floats(passes.seed() + 1);
    const Vram<float> left{std::span<const float>(a)};
    const Vram<float> right{std::span<const float>(b)};
    const Vram<float> out(elements);
    gpu.launch("selftest_float_tiles", groups, nullptr, left.at(), right.at(), out.at());
    gpu.wait();
    compare<float>(out.read(), float_product(a, b), "a product of matrices of floats");
  }
  passes.finish_right("products of matrices of floats");
}

}  // namespace rocmfix::selftest
