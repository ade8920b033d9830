// SPDX-License-Identifier: MIT
#include "env.hpp"

#include <fmt/format.h>

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

}  // namespace

int run_env(const Root& root, Profile profile, bool json) {
  const auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), json);
  }
  PlanOptions options;
  options.profile = profile;
  options.only = Layer::environment;
  const EnvironmentPlan environment =
      environment_of(make_plan(seen->machine, seen->policy, options));
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
    text +=
        fmt::format("# {}\nexport {}={}\n", change.reason, change.name, shell_quoted(change.value));
  }
  if (text.empty()) {
    text = seen->machine.supported()
               ? "# rocmfix: nothing to set for this GPU\n"
               : "# rocmfix: no supported GPU (RX 5000 or RX 6000 series) here, nothing to set\n";
  }
  return print_result(text, status);
}

}  // namespace rocmfix::cli
