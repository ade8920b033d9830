// SPDX-License-Identifier: MIT
// `rocmfix env`: the environment part of the plan.
#include <fmt/format.h>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "rocmfix/standard_streams.hpp"
#include "verb.hpp"

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

int run_env(const Root& root, Profile profile, const std::vector<std::string>& command, bool json) {
  auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), json);
  }
  examine(*seen, command, profile);
  PlanOptions options;
  options.profile = profile;
  options.only = Layer::environment;
  Plan plan = make_plan(seen->machine, seen->policy, options);
  add_build_advice(plan, root, seen->machine);
  const EnvironmentPlan environment = environment_of(plan, seen->machine.software);
  const int status = seen->machine.supported() ? exit_ok : exit_not_applicable;
  if (json) {
    return print_result(environment_json(environment), status);
  }
  for (const EnvironmentWarning& warning : environment.warnings) {
    write_stderr(printable(fmt::format("warning: {}={}: {} [{}]", warning.name, warning.value,
                                       warning.reason, warning.source)) +
                 "\n");
  }
  std::string text;
  for (const EnvironmentChange& change : environment.set) {
    text += fmt::format("# {}\nexport {}={}\n", printable(change.reason), change.name,
                        shell_quoted(change.value));
  }
  for (const EnvironmentAdvice& advice : environment.advice) {
    const std::string about = advice.name.empty() ? "" : advice.name + ": ";
    text += fmt::format("# {}\n", printable(about + advice.reason));
    if (!advice.command.empty()) {
      text += fmt::format("# one that runs on the GPU: {}\n", printable(advice.command));
    }
  }
  if (text.empty()) {
    text = seen->machine.supported()
               ? "# rocmfix: nothing to set for this GPU\n"
               : "# rocmfix: no supported GPU (RX 5000 or RX 6000 series) here, nothing to set\n";
  }
  return print_result(text, status);
}

}  // namespace

const Verb env_verb{nullptr, "env", "print the plan's environment variables, for eval",
                    accepts_profile | accepts_command,
                    [](const Root& root, const Request& request) {
                      return run_env(root, request.profile, request.command, request.json);
                    }};

}  // namespace rocmfix::cli
