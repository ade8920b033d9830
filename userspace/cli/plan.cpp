// SPDX-License-Identifier: MIT
// `rocmfix plan`.
#include <fmt/format.h>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/modprobe_conf.hpp"
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

std::string reason_lines(const std::string& before, const std::string& reason,
                         const std::string& source) {
  std::string text = fmt::format("      {}\n", wrap(before + reason, text_width, "      "));
  if (!source.empty()) {
    text += fmt::format("      [{}]\n", printable(source));
  }
  return text;
}

std::string labelled(std::string_view label, const std::string& value, Effect effect) {
  return fmt::format("{} {}: {}: ", label, value.empty() ? "\"\"" : value, to_string(effect));
}

// What is configured and, where nothing is configured, what is in force: said on its own where the
// row's effect is about another value.
std::string other_values(const PlanRow& row) {
  if (row.layer != Layer::module || !row.proposed) {
    return {};
  }
  if (row.configured && row.of_configured && !same_value(*row.configured, *row.proposed)) {
    return reason_lines(labelled("configured", *row.configured, row.of_configured->effect),
                        row.of_configured->reason, row.of_configured->source);
  }
  if (!row.configured && row.current && row.of_current &&
      !same_value(*row.current, *row.proposed)) {
    return reason_lines(labelled("current", *row.current, row.of_current->effect),
                        row.of_current->reason, row.of_current->source);
  }
  return {};
}

std::string reasons_of(const PlanRow& row) {
  const std::string others = other_values(row);
  std::string text = fmt::format("  {}\n{}", printable(row.name), others);
  text += reason_lines(others.empty() ? "" : labelled("proposed", *row.proposed, row.effect),
                       row.reason, row.source);
  if (!row.command.empty()) {
    text += fmt::format("      one that runs on the GPU: {}\n", printable(row.command));
  }
  return text;
}

std::string configured_cell(const PlanRow& row) {
  const bool differs = row.configured && row.of_configured && row.proposed &&
                       !same_value(*row.configured, *row.proposed);
  return differs
             ? fmt::format("{} ({})", shown(row.configured), to_string(row.of_configured->effect))
             : shown(row.configured);
}

std::string effect_cell(const PlanRow& row) {
  if (row.advice) {
    return "-";
  }
  const std::string effect(to_string(row.effect));
  return row.withheld                                       ? *row.withheld + " would be " + effect
         : !row.current && !row.configured && !row.proposed ? "would be " + effect
                                                            : effect;
}

std::string describe(const Plan& plan, Layer layer, std::string_view title) {
  std::vector<std::vector<std::string>> rows = {
      {"", "current", "configured", "proposed", "effect"}};
  std::string reasons;
  for (const PlanRow& row : plan.settings) {
    if (row.layer == layer) {
      rows.push_back({row.name, shown(row.current), configured_cell(row), shown(row.proposed),
                      effect_cell(row)});
      reasons += reasons_of(row);
    }
  }
  if (rows.size() == 1) {
    return fmt::format("{}: nothing set, nothing to set\n", title);
  }
  return fmt::format("{}\n{}\n{}", title, format_table(rows, "  "), reasons);
}

/// What keeps the plan from taking effect, and what does nothing.
std::string obstacles(const Plan& plan) {
  std::string text;
  for (const Conflict& conflict : plan.conflicts) {
    text +=
        fmt::format("{}: {}\n", conflict.wins ? "warning" : "note", printable(describe(conflict)));
    if (conflict.wins) {
      text += fmt::format("hint: {}\n", printable(conflict.remedy));
    }
  }
  for (const LineFault& fault : plan.line_faults) {
    text +=
        fmt::format("warning: {}\nhint: {}\n", printable(describe(fault)), printable(fault.remedy));
  }
  return text.empty() ? text : text + "\n";
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
  add_conflicts(plan, root, seen->machine);
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
  text += obstacles(plan);
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
