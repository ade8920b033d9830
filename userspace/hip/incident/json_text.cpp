// SPDX-License-Identifier: MIT
#include "incident/json_text.hpp"

#include <array>

namespace rocmfix::hip {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Into the end of `digits`; returns the part that was written.
std::string_view decimal(uint64_t value, std::array<char, 20>& digits) {
  size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return {digits.data() + at, digits.size() - at};
}

}  // namespace

void JsonText::put(char c) {
  if (length_ < size_) {
    buffer_[length_++] = c;
  } else {
    overflown_ = true;
  }
}

void JsonText::put(std::string_view text) {
  for (const char c : text) {
    put(c);
  }
}

void JsonText::before(std::string_view key) {
  if (!first_) {
    put(',');
  }
  first_ = false;
  if (!key.empty()) {
    put('"');
    part(key);
    put("\":");
  }
}

void JsonText::open(std::string_view key, char bracket) {
  before(key);
  put(bracket);
  first_ = true;
}

void JsonText::close(char bracket) {
  put(bracket);
  first_ = false;
}

void JsonText::string(std::string_view key, std::string_view value) {
  string_begin(key);
  part(value);
  string_end();
}

void JsonText::string_begin(std::string_view key) {
  before(key);
  put('"');
}

/// A path may hold any byte: what is not ASCII is written as if it were Latin-1, so that the
/// document stays UTF-8.
void JsonText::part(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      put('\\');
      put(c);
    } else if (byte < 0x20 || byte > 0x7e) {
      put("\\u00");
      put(hex_digits[byte >> 4U]);
      put(hex_digits[byte & 0xFU]);
    } else {
      put(c);
    }
  }
}

void JsonText::part_number(uint64_t value) {
  std::array<char, 20> digits{};
  put(decimal(value, digits));
}

void JsonText::number(std::string_view key, uint64_t value) {
  before(key);
  part_number(value);
}

void JsonText::signed_number(std::string_view key, int64_t value) {
  before(key);
  if (value < 0) {
    put('-');
  }
  part_number(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
}

void JsonText::address(std::string_view key, uint64_t value) {
  before(key);
  put("\"0x");
  unsigned shift = 60;
  while (shift > 0 && (value >> shift) == 0) {
    shift -= 4;
  }
  for (;; shift -= 4) {
    put(hex_digits[(value >> shift) & 0xFU]);
    if (shift == 0) {
      break;
    }
  }
  put('"');
}

void JsonText::boolean(std::string_view key, bool value) {
  before(key);
  put(value ? "true" : "false");
}

void JsonText::null(std::string_view key) {
  before(key);
  put("null");
}

}  // namespace rocmfix::hip
