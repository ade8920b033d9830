// SPDX-License-Identifier: MIT
#include "env.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/json.hpp"

namespace rocmfix::cli {

namespace {

// Single quotes keep every character in a POSIX shell but the single quote itself.
std::string shell_quoted(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

// What comes after a line break would be a command.
std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  return text;
}

}  // namespace

int run_env(const Root& root, Profile profile, const std::vector<std::string>& command, bool json) {
  auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), json);
  }
  examine(*seen, command, profile);
  PlanOptions options;
  options.profile = profile;
  options.only = Layer::environment;
  const EnvironmentPlan environment =
      environment_of(make_plan(seen->machine, seen->policy, options), seen->machine.software);
  const int status = seen->machine.supported() ? exit_ok : exit_not_applicable;
  if (json) {
    return print_result(environment_json(environment), status);
  }
  for (const EnvironmentWarning& warning : environment.warnings) {
    fmt::print(stderr, "warning: {}={}: {} [{}]\n", warning.name, warning.value, warning.reason,
               warning.source);
  }
  std::string text;
  for (const EnvironmentChange& change : environment.set) {
    text += fmt::format("# {}\nexport {}={}\n", on_one_line(change.reason), change.name,
                        shell_quoted(change.value));
  }
  for (const EnvironmentAdvice& advice : environment.advice) {
    const std::string about = advice.name.empty() ? "" : advice.name + ": ";
    text += fmt::format("# {}{}\n", about, on_one_line(advice.reason));
  }
  if (text.empty()) {
    text = seen->machine.supported()
               ? "# rocmfix: nothing to set for this GPU\n"
               : "# rocmfix: no supported GPU (RX 5000 or RX 6000 series) here, nothing to set\n";
  }
  return print_result(text, status);
}

}  // namespace rocmfix::cli
