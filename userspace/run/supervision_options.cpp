// SPDX-License-Identifier: MIT
#include "supervision_options.hpp"

#include <charconv>
#include <string>

#include "variables.hpp"

namespace rocmfix::run {

namespace {

/// What was typed, or is in the variable.
struct Given {
  std::string_view name;
  const char* text = nullptr;
};

Given given(const char* flag, const char* option, const char* variable) {
  return flag != nullptr ? Given{option, flag} : Given{variable, own_variable(variable)};
}

Error not_understood(const Given& what, std::string_view hint,
                     const char* why = ": not understood: ") {
  return usage_error(std::string(what.name) + why + quoted(what.text), hint);
}

Result<unsigned> read_retries(const Given& asked) {
  unsigned value = 0;
  if (asked.text == nullptr) {
    return value;
  }
  constexpr unsigned most = 1000;
  const std::string_view digits = asked.text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool number = error != std::errc::invalid_argument && end == digits.data() + digits.size();
  if (!number || error != std::errc() || value > most) {
    return fail(not_understood(asked, "a number from 0 to 1000",
                               number ? ": too many: " : ": not understood: "));
  }
  return value;
}

}  // namespace

bool read_hang_after(std::string_view text, HangAfter& after) {
  constexpr std::uint64_t minute = 60;
  constexpr std::uint64_t hour = 60 * minute;
  constexpr std::uint64_t most = 720 * hour;
  constexpr HangAfter first{.ms = 30 * minute * 1000, .automatic = true};
  if (text == "auto") {
    after = first;
    return true;
  }
  if (text == "off") {
    after = {};
    return true;
  }
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  if (error != std::errc() || value > most) {
    return false;
  }
  if (unit == "m") {
    value *= minute;
  } else if (unit == "h") {
    value *= hour;
  } else if (!unit.empty() && unit != "s") {
    return false;
  }
  if (value > most) {
    return false;
  }
  after = {.ms = value * 1000, .automatic = false};
  return true;
}

Result<SupervisionOptions> complete_supervision(const SupervisionFlags& flags) {
  SupervisionOptions options;
  const auto retries = read_retries(given(flags.retries, "--retries", "ROCMFIX_RETRIES"));
  if (!retries) {
    return fail(retries.error());
  }
  options.retries = *retries;
  const Given retry_on = given(flags.retry_on, "--retry-on", "ROCMFIX_RETRY_ON");
  if (retry_on.text != nullptr) {
    const std::string_view what = retry_on.text;
    if (what != "fault" && what != "crash") {
      return fail(not_understood(retry_on, "fault or crash: see rocmfix-run(1)"));
    }
    options.retry_crashes = what == "crash";
  }
  if (flags.retry_on != nullptr && options.retries == 0) {
    return fail(usage_error("--retry-on works only with --retries",
                            "for example: --retries 5 --retry-on crash"));
  }
  const Given hang_after = given(flags.hang_after, "--hang-after", "ROCMFIX_HANG_AFTER");
  if (hang_after.text != nullptr && !read_hang_after(hang_after.text, options.hang_after)) {
    return fail(not_understood(hang_after, "a time such as 30m, 90s or 2h, auto, or off"));
  }
  return options;
}

}  // namespace rocmfix::run
