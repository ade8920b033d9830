// SPDX-License-Identifier: MIT
#include "supervision_options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
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

constexpr std::uint64_t minute = 60;

/// "30m", "90s" or "90", "2h"; up to 30 days.
std::optional<std::uint64_t> read_time_ms(std::string_view text) {
  constexpr std::uint64_t hour = 60 * minute;
  constexpr std::uint64_t most = 720 * hour;
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  if (error != std::errc() || value > most) {
    return std::nullopt;
  }
  if (unit == "m") {
    value *= minute;
  } else if (unit == "h") {
    value *= hour;
  } else if (!unit.empty() && unit != "s") {
    return std::nullopt;
  }
  return value > most ? std::nullopt : std::optional(value * 1000);
}

}  // namespace

bool read_hang_after(std::string_view text, HangAfter& after) {
  constexpr std::string_view automatic = "auto";
  // A disk that sleeps, kernels that are compiled for a new shape.
  constexpr HangAfter measured{
      .ms = 30 * minute * 1000, .automatic = true, .shortest_ms = 10 * minute * 1000};
  if (text == automatic) {
    after = measured;
    return true;
  }
  if (text == "off") {
    after = {};
    return true;
  }
  const bool with_shortest = text.starts_with("auto:");
  const auto ms = read_time_ms(with_shortest ? text.substr(automatic.size() + 1) : text);
  if (!ms || (with_shortest && *ms == 0)) {
    return false;
  }
  after = {.ms = *ms};
  if (with_shortest) {
    after = {.ms = std::max(measured.ms, *ms), .automatic = true, .shortest_ms = *ms};
  }
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
    return fail(not_understood(hang_after, "a time such as 30m, 90s or 2h, auto, auto:2m, or off"));
  }
  return options;
}

}  // namespace rocmfix::run
