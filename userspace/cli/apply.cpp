// SPDX-License-Identifier: MIT
// `rocmfix apply` and `rocmfix revert`: the plan's module parameters in /etc/modprobe.d, and back.
#include <fmt/format.h>

#include <algorithm>

#include "inspection.hpp"
#include "output.hpp"
#include "rocmfix/apply.hpp"
#include "rocmfix/json.hpp"
#include "rocmfix/printable.hpp"
#include "verb.hpp"

namespace rocmfix::cli {

namespace {

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    result += line.empty() ? "\n" : "  " + line + "\n";
    at = end + 1;
  }
  return result;
}

// "Wrote FILE", "Would remove FILE", "Unchanged: FILE"
std::string headline(const ChangeReport& report, const std::string& file) {
  if (!report.changed) {
    return report.text.empty() ? fmt::format("Nothing changed: there is no {}\n", file)
                               : fmt::format("Unchanged: {}\n", file);
  }
  const bool removed = report.text.empty();
  const char* verb =
      report.dry_run ? (removed ? "Would remove" : "Would write") : (removed ? "Removed" : "Wrote");
  return fmt::format("{} {}\n", verb, file);
}

std::string describe_report(const Root& root, const ChangeReport& report) {
  std::string text = headline(report, printable(root.host_path(report.file).string()));
  if (report.dry_run && report.changed) {
    text += indented(report.text);
  }
  for (const std::string& note : report.notes) {
    text += fmt::format("note: {}\n", printable(note));
  }
  for (const Conflict& conflict : report.conflicts) {
    text +=
        fmt::format("{}: {}\n", conflict.wins ? "warning" : "note", printable(describe(conflict)));
    if (conflict.wins) {
      text += fmt::format("hint: {}\n", printable(conflict.remedy));
    }
  }
  for (const LineFault& fault : report.line_faults) {
    text +=
        fmt::format("warning: {}\nhint: {}\n", printable(describe(fault)), printable(fault.remedy));
  }
  if (report.initramfs_updated) {
    text += "The initramfs of every installed kernel has the new settings.\n";
  }
  if (report.reboot_needed) {
    text += report.dry_run ? "A reboot would be needed for this to take effect.\n"
                           : "Reboot for this to take effect: sudo reboot\n";
  }
  return text;
}

int print_report(const Root& root, const Result<ChangeReport>& report, bool json) {
  if (!report) {
    return print_error(report.error(), json);
  }
  return print_result(json ? change_json(*report) : describe_report(root, *report), exit_ok);
}

/// A misspelt name must not let the parameter be written.
Result<void> leave_out(Plan& plan, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto row = std::find_if(plan.settings.begin(), plan.settings.end(),
                                  [&](const PlanRow& one) { return one.name == name; });
    if (row == plan.settings.end()) {
      return fail({ErrorCode::invalid, fmt::format("the plan has no parameter '{}'", name), 0,
                   "`rocmfix plan` shows those that it has"});
    }
    row->proposed.reset();
  }
  return {};
}

int run_apply(const Root& root, const Request& request) {
  const auto seen = inspect(root);
  if (!seen) {
    return print_error(seen.error(), request.json);
  }
  Plan plan = make_plan(seen->machine, seen->policy,
                        {request.profile, request.force, Layer::module, false});
  const auto left_out = leave_out(plan, request.without);
  if (!left_out && seen->machine.supported()) {
    return print_error(left_out.error(), request.json);
  }
  return print_report(root, apply_plan(root, seen->machine, plan, {request.dry_run, true}),
                      request.json);
}

int run_revert(const Root& root, bool dry_run, bool json) {
  return print_report(root, revert_changes(root, {dry_run, true}), json);
}

}  // namespace

const Verb apply_verb{
    nullptr, "apply", "set the plan's amdgpu parameters for the next boot",
    accepts_profile | accepts_dry_run | accepts_force | accepts_without | needs_machine, run_apply};

const Verb revert_verb{nullptr, "revert", "undo apply: restore the previous settings",
                       accepts_dry_run | needs_machine,
                       [](const Root& root, const Request& request) {
                         return run_revert(root, request.dry_run, request.json);
                       }};

}  // namespace rocmfix::cli
