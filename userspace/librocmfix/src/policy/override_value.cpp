// SPDX-License-Identifier: MIT
#include "policy/override_value.hpp"

#include <charconv>
#include <cstdio>

#include "util/formatted.hpp"

namespace rocmfix {

std::optional<std::string> target_of_override(const std::string& value) {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned step = 0;
  char rest = 0;
  // The thunk's own call, so that blanks and signs mean here what they mean there.
  // NOLINTNEXTLINE(cert-err34-c)
  const int read = std::sscanf(value.c_str(), "%u.%u.%u%c", &major, &minor, &step, &rest);
  if (read != 3 || major > 63 || minor > 255 || step > 255) {
    return std::nullopt;
  }
  return formatted("gfx{}{:x}{:x}", major, minor, step);
}

std::optional<unsigned> major_of_target(std::string_view target) {
  constexpr std::string_view prefix = "gfx";
  if (!target.starts_with(prefix)) {
    return std::nullopt;
  }
  std::string_view digits = target.substr(prefix.size());
  const auto dash = digits.find('-');
  // "1031": one digit each of minor and stepping, in hexadecimal. "10-3-generic": none.
  if (dash == std::string_view::npos && digits.size() < 3) {
    return std::nullopt;
  }
  digits = digits.substr(0, dash == std::string_view::npos ? digits.size() - 2 : dash);
  unsigned major = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), major);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  return whole ? std::optional(major) : std::nullopt;
}

}  // namespace rocmfix
