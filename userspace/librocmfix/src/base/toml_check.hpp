// SPDX-License-Identifier: MIT
// What toml++ must not be given, found before it sees the text:
//   - nesting: it recurses, and a key of 150,000 parts overflows the stack when its table is read
//     or destroyed;
//   - a table's header with no name in it ("[\n", "[[,"): toml++ 3.3 and 3.4 take for granted that
//     a key follows, by an assert(), or without one by undefined behaviour;
//   - a character that is not ASCII where TOML has none: toml++ 3.3 looks whether it is white
//   space,
//     and takes U+00A1 to U+0499 for impossible.
//
// Knows of TOML no more than where strings and comments begin and end. Where one is not closed on
// its line, toml++ stops with an error, and so does this.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace rocmfix::detail {

/// Brackets in brackets, and the parts of one key. rocmfix's own files have three of either.
constexpr std::size_t deepest_toml = 32;

class TomlCheck {
 public:
  explicit TomlCheck(std::string_view text) : text_(text) {}

  struct Fault {
    std::size_t line = 0;
    const char* what = "";
  };

  /// The first that toml++ must not see.
  std::optional<Fault> fault() {
    bool line_begins = true;
    at_ = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;  // a byte order mark may be there
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '[' && line_begins && brackets_ == 0 && !has_name()) {
        return Fault{line_, "a table without a name"};
      }
      line_begins = c == '\n' || (line_begins && (c == ' ' || c == '\t' || c == '\r'));
      if (c == '"' || c == '\'') {
        if (!may_open_string()) {
          return Fault{line_, "a quote within a word"};
        }
        if (!skip_string(c)) {
          return std::nullopt;
        }
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (static_cast<unsigned char>(c) >= 0x80) {
        return Fault{line_, "a character that is not ASCII, and not in a string or a comment"};
      }
      count(c);
      if (brackets_ > deepest_toml || dots_ >= deepest_toml) {
        return Fault{line_, "nested too deeply"};
      }
      ++at_;
    }
    return std::nullopt;
  }

 private:
  void count(char c) {
    switch (c) {
      case '\n':
        ++line_;
        dots_ = 0;
        break;
      case '=':
      case ',':
        dots_ = 0;
        break;
      case '.':
        ++dots_;
        break;
      case '[':
      case '{':
        ++brackets_;
        dots_ = 0;
        break;
      case ']':
      case '}':
        brackets_ -= brackets_ > 0 ? 1 : 0;
        break;
      default:
        break;
    }
  }

  // At the bracket of a header. At the end of the text, or at "[]", toml++ looks itself.
  [[nodiscard]] bool has_name() const {
    const std::size_t brackets = text_.substr(at_).starts_with("[[") ? 2 : 1;
    const std::size_t name = text_.find_first_not_of(" \t", at_ + brackets);
    if (name == std::string_view::npos) {
      return true;
    }
    const char c = text_[name];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '"' || c == '\'' || c == ']';
  }

  // In `7'7` it opens none: toml++ reads on, to the end of the value.
  [[nodiscard]] bool may_open_string() const {
    return at_ == 0 || std::string_view(" \t\r\n=,[{.\xbf").find(text_[at_ - 1]) !=
                           std::string_view::npos;  // the last is that of a byte order mark
  }

  // At an opening quote; leaves the position after the closing one.
  bool skip_string(char quote) {
    const bool basic = quote == '"';
    const std::size_t quotes = run_of(quote);
    if (quotes == 2 || quotes >= 6) {  // opened and closed in one run; two of its text may be in it
      at_ += std::min(quotes, std::size_t{8});
      return true;
    }
    const bool multi_line = quotes >= 3;
    at_ += multi_line ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      line_ += c == '\n' ? 1 : 0;
      if (c == '\n' && !multi_line) {
        return false;
      }
      if (c == '\\' && basic) {
        ++at_;
        line_ += at_ < text_.size() && text_[at_] == '\n' ? 1 : 0;
      } else if (c == quote && (!multi_line || run_of(quote) >= 3)) {
        // Up to two quotes in front of the closing three are text.
        at_ += multi_line ? std::min(run_of(quote), std::size_t{5}) : 1;
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::size_t run_of(char quote) const {
    return std::min(text_.find_first_not_of(quote, at_), text_.size()) - at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t brackets_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace rocmfix::detail
