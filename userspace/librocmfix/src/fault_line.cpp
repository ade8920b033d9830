// SPDX-License-Identifier: MIT
#include "fault_line.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace rocmfix {

namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// Logs are bytes, of whatever encoding.
RE2::Options bytes() {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  return options;
}

// The last one or two digits: the day of the month in every order of year, month and day.
int last_number(std::string_view text) {
  const auto end = text.find_last_of("0123456789");
  if (end == std::string_view::npos) {
    return 0;
  }
  const int ones = text[end] - '0';
  const bool two = end > 0 && text[end - 1] >= '0' && text[end - 1] <= '9';
  return two ? (text[end - 1] - '0') * 10 + ones : ones;
}

// The length of the character at the beginning, 0 when that is not valid UTF-8 or a control.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return first >= 0x20 && first != 0x7f ? 1 : 0;
  }
  const std::size_t length = first >= 0xf0 && first < 0xf5   ? 4
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xc2 && first < 0xe0 ? 2
                                                             : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return 0;
    }
  }
  const unsigned char second = byte(1);
  const bool overlong_or_surrogate =
      (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
  const bool control = first == 0xc2 && second < 0xa0;
  // U+202A to U+202E and U+2066 to U+2069 turn the reading direction round.
  const bool turns = first == 0xe2 && ((second == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                                       (second == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
  return overlong_or_surrogate || control || turns ? 0 : length;
}

}  // namespace

LogTime time_of_line(std::string_view line) {
  // dmesg's --color, --raw and --decode.
  static const std::string before =
      R"(^(?:\x1b\[[\d;]{0,16}m)*(?:<\d{1,3}>)?(?:[a-z]+ *:[a-z]+ *: *)?)";
  static const RE2 kernel(before + R"(\[ *(\d{1,10}\.\d{3,9})\])", bytes());
  static const RE2 kmsg(R"(^\d{1,4},\d{1,20},(\d{1,12}),[^;]{0,64};)", bytes());
  static const RE2 unix_time(R"(^(\d{9,11}\.\d{6}) )", bytes());
  static const RE2 wall(
      before +
          R"re((\[?((?:[^|%\[\]":]{0,40}?[ T])?)(\d\d):(\d\d):(\d\d)(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?( \d{4}\])?))re",
      bytes());
  LogTime time;
  const re2::StringPiece text = piece(line.substr(0, 128));
  const auto counts = [&](const RE2& form, LogClock clock, double ticks_per_second) {
    re2::StringPiece number;
    if (!RE2::PartialMatch(text, form, &number)) {
      return false;
    }
    time.clock = clock;
    time.text = std::string(number.data(), number.size());
    time.seconds = std::strtod(time.text.c_str(), nullptr) / ticks_per_second;
    return true;
  };
  if (counts(kernel, LogClock::kernel, 1) || counts(kmsg, LogClock::kernel, 1e6) ||
      counts(unix_time, LogClock::wall, 1)) {
    return time;
  }
  re2::StringPiece whole;
  re2::StringPiece date;
  re2::StringPiece year;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (RE2::PartialMatch(text, wall, &whole, &date, &hours, &minutes, &seconds, &year)) {
    time.clock = LogClock::wall;
    time.seconds =
        ((last_number({date.data(), date.size()}) * 24.0 + hours) * 60.0 + minutes) * 60.0 +
        seconds;
    std::string_view shown(whole.data(), whole.size());
    if (shown.starts_with('[')) {
      shown.remove_prefix(1);
    }
    if (shown.ends_with(']')) {
      shown.remove_suffix(1);
    }
    time.text = printable(shown, 64);
  }
  return time;
}

std::optional<std::string_view> gpu_of_line(std::string_view line) {
  // By hand: it is asked of every line that matters, and is a third of the work in a flood.
  constexpr std::string_view driver = "amdgpu ";
  constexpr std::string_view form = "xxxx:xx:xx.x";
  for (auto at = line.find(driver); at != std::string_view::npos; at = line.find(driver, at + 1)) {
    const std::string_view bdf = line.substr(at + driver.size(), form.size());
    const bool fits = bdf.size() == form.size() &&
                      std::equal(bdf.begin(), bdf.end(), form.begin(), [](char given, char wanted) {
                        return wanted == 'x' ? std::isxdigit(static_cast<unsigned char>(given)) != 0
                                             : given == wanted;
                      });
    if (fits) {
      return bdf;
    }
  }
  return std::nullopt;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  while (!text.empty()) {
    const auto* const run = std::find_if_not(text.begin(), text.end(), plain);
    const auto plain_length =
        std::min(static_cast<std::size_t>(run - text.begin()), limit - out.size());
    if (plain_length > 0) {
      out += text.substr(0, plain_length);
      text.remove_prefix(plain_length);
      continue;
    }
    const std::size_t length = character(text);
    const std::size_t taken = length == 0 ? 1 : length;
    if (out.size() + taken > limit) {
      break;
    }
    if (length != 0) {
      out += text.substr(0, length);
    } else {
      out += text[0] == '\t' ? ' ' : '?';
    }
    text.remove_prefix(taken);
  }
  const auto begin = out.find_first_not_of(' ');
  if (begin == std::string::npos) {
    return {};
  }
  return out.substr(begin, out.find_last_not_of(' ') - begin + 1);
}

}  // namespace rocmfix
