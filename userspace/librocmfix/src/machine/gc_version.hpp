// SPDX-License-Identifier: MIT
// A GC version as the TOML files write it: "10.3.2".
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "rocmfix/gpu.hpp"

namespace rocmfix::detail {

inline std::optional<GcVersion> parse_gc(std::string_view text) {
  GcVersion gc;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (unsigned* part : {&gc.major, &gc.minor, &gc.revision}) {
    const auto [stop, error] = std::from_chars(at, end, *part);
    if (error != std::errc{} || (part != &gc.revision && (stop == end || *stop != '.'))) {
      return std::nullopt;
    }
    at = part == &gc.revision ? stop : stop + 1;
  }
  return at == end ? std::optional(gc) : std::nullopt;
}

}  // namespace rocmfix::detail
