// SPDX-License-Identifier: MIT
#include "util/kernel_version.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace rocmfix {

std::optional<std::strong_ordering> compare_kernels(std::string_view a, std::string_view b) {
  using Version = std::array<unsigned, 3>;
  const auto parse = [](std::string_view text) -> std::optional<Version> {
    Version version{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < version.size(); ++i) {
      const auto [stop, error] = std::from_chars(at, end, version[i]);
      if (error != std::errc{}) {
        return i == 0 ? std::nullopt : std::optional(version);
      }
      if (stop == end || *stop != '.') {
        break;
      }
      at = stop + 1;
    }
    return version;
  };
  const auto left = parse(a);
  const auto right = parse(b);
  if (!left || !right) {
    return std::nullopt;
  }
  return *left <=> *right;
}

}  // namespace rocmfix
