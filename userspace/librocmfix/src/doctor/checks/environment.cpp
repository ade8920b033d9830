// SPDX-License-Identifier: MIT
// Variables that do harm on this card: those of the environment that programs inherit, and those
// that are set for good, with file and line.
#include <algorithm>

#include "doctor/assignments.hpp"
#include "policy/override_value.hpp"
#include "rocmfix/plan.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view override_variable = "HSA_OVERRIDE_GFX_VERSION";

/// Of any length and any bytes.
std::string shown(std::string_view value) {
  constexpr std::size_t most = 80;
  return printable_line(value, most);
}

/// A harmful value and all the places where it is set.
struct Harm {
  std::string name;
  std::string value;
  std::string reason;
  std::string source;
  bool inherited = false;
  std::vector<Assignment> places;
};

/// What the policy says of a single value. A service brings a program of its own.
std::optional<PlanRow> judge(const Subject& subject, const std::string& name,
                             const std::string& value, bool other_program) {
  Machine machine = subject.machine;
  machine.environment = {{name, value}};
  if (other_program) {
    machine.software = {};
  }
  const Plan plan =
      make_plan(machine, subject.policy, {.profile = Profile::safe, .only = Layer::environment});
  const auto row =
      std::find_if(plan.settings.begin(), plan.settings.end(), [&](const PlanRow& one) {
        return one.name == name && one.current && one.effect == Effect::harmful;
      });
  return row == plan.settings.end() ? std::nullopt : std::optional(*row);
}

/// Those are told of by checks of their own, as far as the inherited environment goes.
bool has_own_check(std::string_view name, const std::string& value) {
  return (name.starts_with(override_variable) && target_of_override(value) &&
          find_check("isa-override") != nullptr) ||
         (name.starts_with("PYTORCH_TUNABLEOP_") && find_check("tunable-op") != nullptr);
}

class Harms {
 public:
  explicit Harms(const Subject& subject) : subject_(subject) {}

  void add_inherited() {
    for (const auto& [name, value] : subject_.circumstances.environment) {
      if (!has_own_check(name, value)) {
        if (Harm* harm = find(name, value, false)) {
          harm->inherited = true;
        }
      }
    }
  }
  void add(const Assignment& one) {
    if (Harm* harm = find(one.name, one.value, !one.unit.empty())) {
      harm->places.push_back(one);
    }
  }
  [[nodiscard]] const std::vector<Harm>& all() const { return harms_; }

 private:
  Harm* find(const std::string& name, const std::string& value, bool other_program) {
    const auto settings = subject_.policy.settings();
    if (std::none_of(settings.begin(), settings.end(), [&](const Setting& setting) {
          return setting.layer == Layer::environment && name.starts_with(setting.name);
        })) {
      return nullptr;
    }
    const auto row = judge(subject_, name, value, other_program);
    if (!row) {
      return nullptr;
    }
    const auto known = std::find_if(harms_.begin(), harms_.end(), [&](const Harm& harm) {
      return harm.name == name && harm.value == value && harm.reason == row->reason;
    });
    if (known != harms_.end()) {
      return &*known;
    }
    harms_.push_back({name, value, row->reason, row->source, false, {}});
    return &harms_.back();
  }

  const Subject& subject_;
  std::vector<Harm> harms_;
};

bool is_plain_path(std::string_view path) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/@";
  return path.find_first_not_of(allowed) == std::string_view::npos;
}

std::string command_for(const Harm& harm) {
  if (harm.places.empty()) {
    return "unset " + harm.name;
  }
  const Assignment& place = harm.places.front();
  if (!is_plain_path(place.file)) {
    return {};
  }
  if (place.kind == AssignedIn::fish_universal) {
    return formatted("fish -c 'set -Ue {}'", harm.name);
  }
  if (place.kind == AssignedIn::user_unit) {
    return formatted("systemctl --user edit --full {}", place.unit);
  }
  if (place.file.starts_with("/etc/")) {
    return edit_command(place.file);
  }
  return formatted("${{EDITOR:-nano}} +{} {}", place.line, place.file);
}

/// Without the advice to unset it, which is of no use for what a file sets.
std::string reason_of(const Harm& harm) {
  const std::string end = " Type: unset " + harm.name + ".";
  std::string reason = sentence(harm.reason);
  return harm.places.empty() || !reason.ends_with(end)
             ? reason
             : reason.substr(0, reason.size() - end.size());
}

Finding finding_of(const Harm& harm) {
  Finding finding;
  const bool rejected =
      std::string_view(harm.name).starts_with(override_variable) && !target_of_override(harm.value);
  finding.verdict = rejected ? CheckVerdict::problem : CheckVerdict::warning;
  finding.summary = formatted("{}={} does harm here", harm.name,
                              harm.value.empty() ? std::string("\"\"") : shown(harm.value));
  if (harm.inherited) {
    finding.evidence.emplace_back("set in this environment");
  }
  bool service = false;
  for (const Assignment& place : harm.places) {
    finding.evidence.push_back(formatted("{}, line {}{}", place.file, place.line,
                                         place.unit.empty() ? "" : ", for " + place.unit));
    service = service || !place.unit.empty();
  }
  finding.remedy = reason_of(harm);
  if (!harm.places.empty()) {
    finding.remedy += formatted(
        " Remove {} in the {} above, then {}.", harm.name,
        harm.places.size() == 1 ? "line" : "lines",
        service ? "run `systemctl daemon-reload` and restart the service" : "log in again");
  }
  finding.command = command_for(harm);
  finding.source = harm.source;
  return finding;
}

/// `echo $NAME` shows it in that shell, so its user believes that programs get it.
Finding not_exported(const Subject& subject, const Assignment& one) {
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.summary = formatted("{}={} is set, but not exported", one.name, shown(one.value));
  finding.evidence.push_back(formatted("{}, line {}", one.file, one.line));
  finding.remedy = "Its shell shows it, but no program gets it.";
  if (const auto row = judge(subject, one.name, one.value, false)) {
    finding.remedy += " It would do harm here: " + sentence(row->reason);
    finding.source = row->source;
  } else if (one.kind == AssignedIn::fish_universal) {
    finding.remedy += " Export it if it is meant for programs.";
    finding.command =
        is_plain_path(one.value) ? formatted("fish -c 'set -Ux {} {}'", one.name, one.value) : "";
  } else {
    finding.remedy += formatted(" Write `{}` if it is meant for programs, and log in again.",
                                one.kind == AssignedIn::fish ? "set -gx" : "export");
    finding.command = command_for({one.name, one.value, {}, {}, false, {one}});
  }
  return finding;
}

/// Those that nothing else exports: a shell's plain assignment keeps what is exported already.
void add_unexported(const Subject& subject, const Assignments& assignments, Findings& findings) {
  for (const Assignment& one : assignments.unexported) {
    const bool exported = std::any_of(
        assignments.found.begin(), assignments.found.end(),
        [&](const Assignment& other) { return other.name == one.name && other.unit.empty(); });
    if (!exported && !subject.circumstances.environment.contains(one.name)) {
      findings.push_back(not_exported(subject, one));
    }
  }
}

}  // namespace

Findings environment(const Subject& subject) {
  Harms harms(subject);
  harms.add_inherited();
  const Assignments assignments = find_assignments(subject);
  for (const Assignment& one : assignments.found) {
    harms.add(one);
  }
  Findings findings;
  for (const Harm& harm : harms.all()) {
    findings.push_back(finding_of(harm));
  }
  add_unexported(subject, assignments, findings);
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = "no variable is set that is known to do harm here";
    for (const Assignment& one : assignments.found) {
      finding.evidence.push_back(
          formatted("{}={}: {}, line {}", one.name, shown(one.value), one.file, one.line));
    }
    findings.push_back(std::move(finding));
  }
  for (const std::string& one : assignments.unread) {
    findings.front().evidence.push_back("not read: " + one);
  }
  return findings;
}

}  // namespace rocmfix::detail
