// SPDX-License-Identifier: MIT
// `rocmfix plan`.
#include <fmt/format.h>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

constexpr std::size_t text_width = 76;

// For people "-1" is a value and nothing is "-".
std::string shown(const std::optional<std::string>& value) {
  if (!value) {
    return "-";
  }
  return value->empty() ? "\"\"" : *value;
}

std::string describe(const Plan& plan, Layer layer, std::string_view title) {
  std::vector<std::vector<std::string>> rows = {
      {"", "current", "configured", "proposed", "effect"}};
  std::string reasons;
  for (const PlanRow& row : plan.settings) {
    if (row.layer != layer) {
      continue;
    }
    // Neither set nor proposed: a value that the profile sets on other machines only.
    const bool withheld = !row.current && !row.configured && !row.proposed;
    const std::string_view effect = row.advice ? "-" : to_string(row.effect);
    rows.push_back({row.name, shown(row.current), shown(row.configured), shown(row.proposed),
                    fmt::format("{}{}", withheld && !row.advice ? "would be " : "", effect)});
    reasons += fmt::format("  {}\n      {}\n", printable(row.name),
                           wrap(row.reason, text_width, "      "));
    if (!row.source.empty()) {
      reasons += fmt::format("      [{}]\n", printable(row.source));
    }
    if (!row.command.empty()) {
      reasons += fmt::format("      one that runs on the GPU: {}\n", printable(row.command));
    }
  }
  if (rows.size() == 1) {
    return fmt::format("{}: nothing set, nothing to set\n", title);
  }
  return fmt::format("{}\n{}\n{}", title, format_table(rows, "  "), reasons);
}

int run_plan(const Root& root, const PlanOptions& options, const std::vector<std::string>& command,
             bool json) {
  auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), json);
  }
  examine(*seen, command, options.profile);
  Plan plan = make_plan(seen->machine, seen->policy, options);
  add_build_advice(plan, root, seen->machine);
  const int status = seen->machine.supported() ? exit_ok : exit_not_applicable;
  if (json) {
    return print_result(plan_json(plan), status);
  }
  if (!seen->machine.supported()) {
    return print_result("No supported GPU (RX 5000 or RX 6000 series) here: nothing to plan.\n",
                        status);
  }
  std::string text = fmt::format("Profile {}\n\n", to_string(plan.profile));
  text += describe(plan, Layer::module, "amdgpu parameters (rocmfix apply)");
  text += '\n';
  text += describe(plan, Layer::environment, "environment (rocmfix-run, rocmfix env)");
  return print_result(text, status);
}

}  // namespace

const Verb plan_verb{nullptr, "plan", "show what is set, what should be set, and why",
                     accepts_profile | accepts_force | accepts_command | accepts_all,
                     [](const Root& root, const Request& request) {
                       return run_plan(root,
                                       {request.profile, request.force, std::nullopt, request.all},
                                       request.command, request.json);
                     }};

}  // namespace rocmfix::cli
