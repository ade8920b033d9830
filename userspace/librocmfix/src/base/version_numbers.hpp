// SPDX-License-Identifier: MIT
// The numbers at the beginning of a kernel's version, all of them: compare_kernels() stops at
// three, and the number by which Ubuntu tells its kernels apart is the fourth.
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

namespace rocmfix::detail {

/// "7.0.0-28.28~24.04.1" -> 7, 0, 0, 28, 28; "6.12.115+deb13-amd64" -> 6, 12, 115. Empty when it
/// does not begin with a number.
inline std::vector<unsigned> version_numbers(std::string_view version) {
  constexpr std::size_t most = 8;
  std::vector<unsigned> numbers;
  const char* at = version.data();
  const char* const end = at + version.size();
  while (numbers.size() < most) {
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) {
      break;
    }
    numbers.push_back(number);
    if (stop == end || (*stop != '.' && *stop != '-')) {
      break;
    }
    at = stop + 1;
  }
  return numbers;
}

/// Both ends included; `last` covers every version that begins with its numbers.
inline bool in_versions(std::string_view version, std::string_view first, std::string_view last) {
  const std::vector<unsigned> numbers = version_numbers(version);
  const std::vector<unsigned> until = version_numbers(last);
  std::vector<unsigned> beginning = numbers;
  beginning.resize(std::min(numbers.size(), until.size()));
  return !numbers.empty() && numbers >= version_numbers(first) && beginning <= until;
}

}  // namespace rocmfix::detail
