// SPDX-License-Identifier: MIT
// The one rule for which characters of foreign text may be printed. Printable is valid UTF-8
// except
//   - C0 controls, DEL and C1 controls: a terminal obeys them;
//   - U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 (Unicode's Bidi_Control): they
//     change the order in which the rest of a line is shown;
//   - U+2028 and U+2029: they end a line for some readers and not for others.
// What is not printable is shown as \xNN (a byte) or \uNNNN (a character beyond ASCII).
//
// No heap, no locale, no exception: librocmfix-hip.so uses it while a process aborts.
// userspace/python/rocmfix/printable.py has the same rule; tests/data/printable.json is the table
// of cases for both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rocmfix {

struct PrintableCharacter {
  std::size_t taken = 0;   ///< bytes of the text that it stands for, at least 1
  std::size_t length = 0;  ///< of `escape`; 0: those bytes are printable and stand for themselves
  std::array<char, 6> escape{};  ///< "\x1b", "\u202e"
};

namespace detail {

constexpr bool is_printable_code(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool direction = code == 0x061c || code == 0x200e || code == 0x200f ||
                         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return !control && !direction && code != 0x2028 && code != 0x2029;
}

/// The bytes of the UTF-8 character that `text` begins with, and its code; 0: it is not UTF-8.
constexpr std::size_t decode_utf8(std::string_view text, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc0 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf8 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  code = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return 0;
    }
    code = code << 6U | (byte(i) & 0x3fU);
  }
  const std::uint32_t smallest = length == 1   ? 0U
                                 : length == 2 ? 0x80U
                                 : length == 3 ? 0x800U
                                               : 0x10000U;
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code < smallest || surrogate || code > 0x10ffff ? 0 : length;
}

}  // namespace detail

/// The first character of `text`, which is not empty.
constexpr PrintableCharacter first_character(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint32_t code = 0;
  const std::size_t length = detail::decode_utf8(text, code);
  if (length != 0 && detail::is_printable_code(code)) {
    return {length, 0, {}};
  }
  if (length < 2) {
    const auto byte = static_cast<unsigned char>(text[0]);
    return {1, 4, {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]}};
  }
  return {length,
          6,
          {'\\', 'u', digits[code >> 12U & 0xfU], digits[code >> 8U & 0xfU],
           digits[code >> 4U & 0xfU], digits[code & 0xfU]}};
}

}  // namespace rocmfix
