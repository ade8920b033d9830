// SPDX-License-Identifier: MIT
// `rocmfix trial`: options in, findings out.
#include "trial/trial.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "output.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/named_file.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"
#include "util/foreign_json.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

/// "90", "90s", "20m", "8h"; nullopt: not understood. At most a year.
std::optional<std::uint64_t> milliseconds(std::string_view text) {
  constexpr std::uint64_t most_s = 366ULL * 86'400;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::uint64_t factor = unit.empty() || unit == "s" ? 1
                               : unit == "m"               ? 60
                               : unit == "h"               ? 3600
                                                           : 0;
  if (error != std::errc{} || factor == 0 || value > most_s / factor) {
    return std::nullopt;
  }
  return value * factor * 1000;
}

Error not_a_time(const char* option, const std::string& text) {
  return {ErrorCode::invalid, std::string(option) + ": not a time: '" + printable(text) + "'", 0,
          "90s, 20m or 8h"};
}

Result<trial::Options> read_options(const TrialRequest& request,
                                    const std::vector<std::string>& command) {
  trial::Options options;
  options.command = command;
  options.arms = request.factor.empty() ? request.arms : "stock," + request.factor;
  options.runs = request.runs;
  options.success = request.success;
  options.bisect = request.bisect;
  options.seed = request.seed;
  options.simulate = request.simulate;
  const struct {
    const char* option;
    const std::string& text;
    std::uint64_t& into;
  } times[] = {{"--time", request.time, options.time_ms},
               {"--timeout", request.timeout, options.timeout_ms},
               {"--settle", request.settle, options.settle_ms}};
  for (const auto& one : times) {
    if (one.text.empty()) {
      continue;
    }
    const auto read = milliseconds(one.text);
    if (!read) {
      return fail(not_a_time(one.option, one.text));
    }
    one.into = *read;
  }
  constexpr std::uint64_t most_runs = 10'000;
  if (options.runs == 0 || options.runs > most_runs) {
    return fail({ErrorCode::invalid, "--runs: from 1 to 10000", 0, ""});
  }
  return options;
}

int list_arms() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, summary] : trial::list_arms()) {
    rows.push_back({name, summary});
  }
  return print_result(format_table(rows), exit_ok);
}

int status_of(const trial::Findings& findings) {
  switch (findings.end) {
    case trial::End::complete:
    case trial::End::decided:
    case trial::End::time_up:
      return findings.error ? exit_wrong : exit_ok;
    default:
      return exit_wrong;
  }
}

/// Of 10,000 runs of each of 12 arms.
constexpr JsonLimits largest_document{.bytes = 64U << 20U, .values = 4'000'000, .cpu_ms = 10'000};

int check_document(const std::string& file, bool json) {
  const auto text = read_named_file(file, largest_document.bytes);
  if (!text) {
    return print_error(text.error(), json);
  }
  const auto findings = trial::read_trial(read_foreign_json<trial::Json>(*text, largest_document));
  if (!findings) {
    Error error = findings.error();
    error.what = printable(file) + ": " + error.what;
    return print_error(error, json);
  }
  return print_result(json ? trial::trial_json(*findings) : trial::trial_text(*findings), exit_ok);
}

int run_trial(const Root& root, const Request& request) {
  const TrialRequest& asked = request.trial;
  if (request.list) {
    return request.json ? print_result(trial::arms_json(), exit_ok) : list_arms();
  }
  const auto say = [](const std::string& line) {
    write_stderr("rocmfix trial: " + printable_lines(line) + "\n");
  };
  if (!asked.check.empty()) {
    return check_document(asked.check, request.json);
  }
  if (!asked.resume.empty() && !request.command.empty()) {
    return print_error({ErrorCode::invalid, "a trial is resumed with its own command", 0,
                        "leave out what follows --"},
                       request.json);
  }
  std::optional<Result<trial::Findings>> findings;
  if (!asked.resume.empty()) {
    findings = trial::resume_trial(root, asked.resume, say);
  } else {
    auto options = read_options(asked, request.command);
    if (!options) {
      return print_error(options.error(), request.json);
    }
    options->directory = request.output;
    findings = trial::begin_trial(root, *options, say);
  }
  if (!*findings) {
    return print_error(findings->error(), request.json);
  }
  const trial::Findings& found = **findings;
  if (found.error) {
    print_error(*found.error, false);
  }
  return print_result(request.json ? trial::trial_json(found) : trial::trial_text(found),
                      status_of(found));
}

}  // namespace

const Verb trial_verb{
    nullptr, "trial", "run a command under several settings, and say whether they differ",
    accepts_trial | accepts_command | needs_machine,
    [](const Root& root, const Request& request) { return run_trial(root, request); }};

}  // namespace rocmfix::cli
