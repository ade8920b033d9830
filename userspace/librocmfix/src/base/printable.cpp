// SPDX-License-Identifier: MIT
#include "rocmfix/printable.hpp"

#include <algorithm>

#include "rocmfix/printable_character.hpp"

namespace rocmfix {

namespace {

// What most text is made of: copied without examining each character.
std::size_t plain_length(std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
}

std::string made_printable(std::string_view text, bool keep_line_breaks) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const PrintableCharacter character = first_character(text);
    const bool kept = character.length == 0 || (keep_line_breaks && text.front() == '\n');
    out += kept ? text.substr(0, character.taken)
                : std::string_view(character.escape.data(), character.length);
    text.remove_prefix(character.taken);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return made_printable(text, false);
}

std::string printable_lines(std::string_view text) {
  return made_printable(text, true);
}

std::string printable_line(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(plain_length(text), limit - out.size());
    if (plain > 0) {
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      continue;
    }
    const PrintableCharacter character = first_character(text);
    const std::string_view shown =
        text.front() == '\t'    ? std::string_view(" ")
        : character.length == 0 ? text.substr(0, character.taken)
                                : std::string_view(character.escape.data(), character.length);
    if (out.size() + shown.size() > limit) {
      break;
    }
    out += shown;
    text.remove_prefix(character.taken);
  }
  const auto begin = out.find_first_not_of(' ');
  return begin == std::string::npos ? std::string()
                                    : out.substr(begin, out.find_last_not_of(' ') - begin + 1);
}

// A byte of invalid UTF-8 cannot be written as a character; a library that leaves one in breaks
// its promise, and the document is no JSON anyway.
std::string printable_json(std::string_view json) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const std::size_t plain = plain_length(json);
    out += json.substr(0, plain);
    json.remove_prefix(plain);
    if (json.empty()) {
      break;
    }
    const PrintableCharacter character = first_character(json);
    if (character.length == 0 || json.front() == '\n') {
      out += json.substr(0, character.taken);
    } else if (character.taken > 1) {
      out.append(character.escape.data(), character.length);
    } else {
      const auto byte = static_cast<unsigned char>(json.front());
      out += {'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 0xfU]};
    }
    json.remove_prefix(character.taken);
  }
  return out;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(plain_length(text));
    if (text.empty()) {
      break;
    }
    const PrintableCharacter character = first_character(text);
    if (character.length != 0) {
      return false;
    }
    text.remove_prefix(character.taken);
  }
  return true;
}

}  // namespace rocmfix
