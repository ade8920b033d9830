// SPDX-License-Identifier: MIT
#include "verify/verify_options.hpp"

#include <algorithm>

#include "modprobe/blacklist.hpp"
#include "modprobe/modprobe_files.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "util/formatted.hpp"
#include "verify/verify_words.hpp"

namespace rocmfix::detail {
namespace {

bool is_on_command_line(const ModuleOption& option) {
  return option.line == 0;
}

void append_clause(std::string& text, const std::string& clause) {
  text += (text.empty() ? "" : "; ") + clause;
}

}  // namespace

OptionChecks::OptionChecks(const Root& root, const Machine& machine, const Plan& wanted)
    : root_(root),
      machine_(machine),
      wanted_(wanted),
      conflicts_(find_conflicts(machine.options, wanted)),
      hint_(hint_for(true)),
      files_hint_(hint_for(false)) {}

std::vector<Check> OptionChecks::run() const {
  return {parameters(), configured(), conflicts(), syntax(), blacklist()};
}

bool OptionChecks::is_configured(const PlanRow& row) const {
  const auto found = machine_.configured.find(row.name);
  return found != machine_.configured.end() && same_value(found->second, *row.proposed);
}

bool OptionChecks::all_configured() const {
  return std::all_of(wanted_.settings.begin(), wanted_.settings.end(),
                     [this](const PlanRow& row) { return is_configured(row); });
}

// First what overrules rocmfix.conf, which no `apply` changes; then `apply`, where that file does
// not have the value.
std::string OptionChecks::hint_for(bool with_command_line) const {
  std::string hint;
  bool apply = false;
  for (const PlanRow& row : wanted_.settings) {
    std::optional<std::string> ours;
    std::optional<std::string> last;
    for (const ModuleOption& option : machine_.options) {
      if (option.name != row.name || !option.has_value ||
          (!with_command_line && is_on_command_line(option))) {
        continue;
      }
      last = option.value;
      ours = option.file == modprobe_conf_path ? last : ours;
    }
    if (last && same_value(*last, *row.proposed)) {
      continue;
    }
    bool others_left = false;  // values that only rocmfix.conf can overrule
    for (const Conflict& conflict : conflicts_) {
      if (conflict.option.name != row.name) {
        continue;
      }
      others_left = others_left || !conflict.wins;
      if (conflict.wins && (with_command_line || !is_on_command_line(conflict.option))) {
        append_clause(hint, remedy(root_, conflict.option));
      }
    }
    const bool lacks_ours = !ours || !same_value(*ours, *row.proposed);
    apply = apply || (lacks_ours && (others_left || !row.answers_configured));
  }
  const std::string command = wanted_.profile == Profile::safe
                                  ? std::string(apply_hint)
                                  : formatted("{} --profile original", apply_hint);
  return !apply ? hint : hint.empty() ? command : formatted("{}; then {}", hint, command);
}

Check OptionChecks::parameters() const {
  Check check{"module.parameters", true, "", ""};
  if (wanted_.settings.empty()) {
    check.detail = "nothing needs setting";
    return check;
  }
  std::string right;
  std::string wrong;
  std::string unknown;
  for (const auto& row : wanted_.settings) {
    if (!row.current) {
      unknown += formatted("{}{} is not known", unknown.empty() ? "" : ", ", row.name);
    } else if (same_value(*row.current, *row.proposed)) {
      right += formatted("{}{}={}", right.empty() ? "" : ", ", row.name, *row.current);
    } else {
      wrong += formatted("{}{} is {}, should be {}", wrong.empty() ? "" : ", ", row.name,
                         *row.current, *row.proposed);
    }
  }
  if (!wrong.empty()) {
    check = {check.id, false, wrong,
             all_configured()            ? "sudo reboot"
             : hint_.ends_with("reboot") ? hint_
                                         : hint_ + ", then sudo reboot"};
  } else if (!unknown.empty()) {
    check = {check.id, std::nullopt, unknown, ""};
  } else {
    check.detail = right;
  }
  return check;
}

Check OptionChecks::configured() const {
  Check check{"modprobe.configured", true, "", ""};
  for (const auto& row : wanted_.settings) {
    if (is_configured(row)) {
      continue;
    }
    const auto found = machine_.configured.find(row.name);
    check.ok = false;
    check.detail += formatted(
        "{}{} would be {}, should be {}", check.detail.empty() ? "" : ", ", row.name,
        found == machine_.configured.end() ? "the driver's default" : shown(found->second),
        *row.proposed);
  }
  if (*check.ok) {
    check.detail = wanted_.settings.empty() ? "nothing needs setting"
                                            : "the plan's settings take effect at the next boot";
  } else {
    check.hint = hint_;
  }
  return check;
}

Check OptionChecks::conflicts() const {
  Check check{"modprobe.conflicts", true, "", ""};
  const auto files = read_modprobe_files(root_);
  if (!files) {
    return {check.id, std::nullopt, to_string(files.error()), files.error().hint};
  }
  for (const bool wins : {true, false}) {
    for (const auto& conflict : conflicts_) {
      if (conflict.wins == wins) {
        check.ok = check.ok == true && !wins;
        append_clause(check.detail, describe(conflict));
        if (wins) {
          append_clause(check.hint, remedy(root_, conflict.option));
        }
      }
    }
  }
  if (!files->unreadable.empty() && check.ok == true) {
    check.ok = std::nullopt;
    check.detail = "cannot read " + files->unreadable.front();
    check.hint = "sudo rocmfix verify";
  }
  if (check.detail.empty()) {
    check.detail = "none";
  }
  return check;
}

// A line that does nothing is wrong too: what it was meant to do does not happen.
Check OptionChecks::syntax() const {
  Check check{"modprobe.syntax", true, "no faulty line about amdgpu", ""};
  if (machine_.line_faults.empty()) {
    return check;
  }
  check = {check.id, false, "", ""};
  for (const LineFault& fault : machine_.line_faults) {
    append_clause(check.detail, describe(fault));
    append_clause(check.hint, fault.remedy);
  }
  return check;
}

Check OptionChecks::blacklist() const {
  Check check{"modprobe.blacklist", true, "none", ""};
  const auto found = find_blacklist(root_);
  if (!found) {
    return {check.id, std::nullopt, to_string(found.error()), found.error().hint};
  }
  if (*found) {
    return {check.id, (*found)->certain ? std::optional(false) : std::nullopt, (*found)->what,
            (*found)->remedy};
  }
  return check;
}

}  // namespace rocmfix::detail
