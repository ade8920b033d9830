// SPDX-License-Identifier: MIT
// Finds where any of many texts occurs, faster than a regular expression can say no: nearly all of
// a log is of no interest, and this is what passes over it. Letters of either case are the same.
//
// Wu and Manber's algorithm: a window as long as the shortest text is moved by as much as the last
// four bytes in it allow. Own code, because RE2 (which does the matching proper) reads every byte
// and runs at a fifth of grep's speed here, and libhyperscan is 10 MB for amd64 only that takes
// 30 ms to build its tables at every start (bench/explain has the figures).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace rocmfix {

class FaultScanner {
 public:
  static constexpr std::size_t min_text = 6;
  static constexpr std::size_t npos = std::string_view::npos;

  /// Shorter texts than `min_text` are never found.
  explicit FaultScanner(std::vector<std::string> texts);

  /// Where the first of the texts begins, at or after `from`; npos.
  [[nodiscard]] std::size_t find(std::string_view in, std::size_t from) const;
  /// Which of the texts occur in it: their indices, sorted, into `found`.
  void collect(std::string_view in, std::vector<std::uint16_t>& found) const;

 private:
  static constexpr unsigned hash_bits = 14;
  // Here, so that it is inlined: in a shared library, a function that is not could be another's.
  static std::uint32_t hash(const char* four) {
    std::uint32_t value = 0;
    std::memcpy(&value, four, sizeof(value));
    value |= 0x20202020U;  // the two cases of a letter differ in that bit
    return (value * 0x9E3779B1U) >> (32U - hash_bits);
  }
  template <class Use>
  std::size_t scan(std::string_view in, std::size_t from, Use use) const;

  std::vector<std::string> texts_;
  std::size_t window_ = 0;
  std::array<std::uint8_t, 1U << hash_bits> shift_{};
  std::array<std::uint16_t, (1U << hash_bits) + 1> begin_{};  // where a hash's texts are in order_
  std::vector<std::uint16_t> order_;
};

}  // namespace rocmfix
