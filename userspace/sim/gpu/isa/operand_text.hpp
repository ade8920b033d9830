// SPDX-License-Identifier: MIT
// An operand from the assembler's text: registers, constants, and the signs and bars around them.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "gpu/isa/instruction.hpp"

namespace rocmfix::sim::isa {

/// Takes `what` off the beginning or the end of `text`, if it is there.
inline bool eat(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) {
    return false;
  }
  text.remove_prefix(what.size());
  return true;
}

inline bool eat_end(std::string_view& text, std::string_view what) {
  if (!text.ends_with(what)) {
    return false;
  }
  text.remove_suffix(what.size());
  return true;
}

/// In decimal or after 0x; a negative one too.
template <class T>
bool number(std::string_view text, T& out) {
  const bool negative = eat(text, "-");
  const int base = eat(text, "0x") ? 16 : 10;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return false;
  }
  out = static_cast<T>(negative ? ~value + 1 : value);
  return true;
}

/// false: it is not understood.
bool parse_operand(std::string_view text, Operand& out);

}  // namespace rocmfix::sim::isa
