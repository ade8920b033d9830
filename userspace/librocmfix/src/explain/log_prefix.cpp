// SPDX-License-Identifier: MIT
#include "explain/log_prefix.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"

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

}  // namespace

namespace {

// A quotation's mark, docker compose's and kubectl's name of the container; dmesg's --color, --raw
// and --decode.
constexpr const char* before =
    R"(^(?:[>\s]{0,8})(?:[\w.-]{1,40} +\| +)?(?:\x1b\[[\d;]{0,16}m)*(?:<\d{1,3}>)?(?:[a-z]+ *:[a-z]+ *: *)?)";

}  // namespace

void RelativeTimes::line(std::string_view begin) {
  static const RE2 minute(std::string(before) + R"(\[([^\[\]:]{2,24}?\d{1,2}) (\d\d):(\d\d)\] )",
                          bytes());
  static const RE2 difference(std::string(before) + R"(\[ *(\+\d{1,9}[.,]\d{3,9})\])", bytes());
  ++examined_;
  begin = begin.substr(0, 96);
  has_time_ = false;
  if (begin.find('[') == std::string_view::npos) {
    return;
  }
  re2::StringPiece date;
  int hours = 0;
  int minutes = 0;
  if (RE2::PartialMatch(piece(begin), minute, &date, &hours, &minutes)) {
    has_time_ = found_ = true;
    minute_ = printable_line(
        formatted("{} {:02}:{:02}", std::string_view(date.data(), date.size()), hours, minutes),
        64);
    minute_begin_ =
        ((last_number({date.data(), date.size()}) * 24.0 + hours) * 60.0 + minutes) * 60.0;
    passed_ = 0;
  } else if (RE2::PartialMatch(piece(begin), difference, &date)) {
    has_time_ = found_ = true;
    difference_ = std::string(date.data(), date.size());
    std::replace(difference_.begin(), difference_.end(), ',', '.');
    passed_ += std::strtod(difference_.c_str(), nullptr);
  }
}

std::optional<LogTime> RelativeTimes::now() const {
  if (!has_time_) {
    return std::nullopt;
  }
  if (minute_.empty()) {
    // Without its beginning the difference is all that is known; the sums can still be compared.
    return LogTime{LogClock::kernel, passed_, difference_};
  }
  return LogTime{LogClock::wall, minute_begin_ + passed_, minute_};
}

LogTime time_of_line(std::string_view line) {
  static const RE2 kernel(std::string(before) + R"(\[ *(\d{1,10}\.\d{1,9})\])", bytes());
  static const RE2 kmsg(R"(^\d{1,4},\d{1,20},(\d{1,12}),[^;]{0,64};)", bytes());
  static const RE2 unix_time(R"(^(\d{9,11}\.\d{6}) )", bytes());
  static const RE2 wall(
      std::string(before) +
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
    time.text = printable_line(shown, 64);
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

}  // namespace rocmfix
