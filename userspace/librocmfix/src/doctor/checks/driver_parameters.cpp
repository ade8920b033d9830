// SPDX-License-Identifier: MIT
// amdgpu's parameters: what is in force, and what the next boot would set, with file and line.
#include <algorithm>

#include "doctor/check.hpp"
#include "modprobe/boot_parameters.hpp"
#include "modprobe/update_initramfs.hpp"
#include "policy/parameter_kind.hpp"
#include "rocmfix/modprobe_conf.hpp"
#include "rocmfix/plan.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix::detail {

namespace {

using Options = std::vector<ModuleOption>;

/// "/etc/modprobe.d/amdgpu.conf, line 3"
std::string place_of(const ModuleOption& option) {
  return option.line == 0 ? std::string("the kernel command line")
                          : formatted("{}, line {}", option.file, option.line);
}

/// The lines that set it; the last one counts.
std::vector<std::string> places_of(const Options& options) {
  std::vector<std::string> places;
  for (const ModuleOption& option : options) {
    places.push_back(formatted("{}={} in {}{}", option.name, option.value, place_of(option),
                               &option == &options.back() ? "" : ", which a later one overrides"));
  }
  return places;
}

Finding harmful(const PlanRow& judged, std::string_view value) {
  Finding finding;
  finding.verdict = CheckVerdict::warning;
  finding.summary = formatted("amdgpu.{}={} does harm here", judged.name, value);
  finding.remedy = sentence(judged.reason);
  finding.source = judged.source;
  return finding;
}

/// The command edits the file; what has to follow it is in the remedy.
void advise_removal(const ModuleOption& option, const Root& root, Finding& finding) {
  if (option.file == modprobe_conf_path) {
    finding.remedy += " `rocmfix apply` writes that file as the plan has it.";
    finding.command = "sudo rocmfix apply";
  } else if (option.line == 0) {
    const std::string dot = option.name.find('.') == std::string::npos ? "amdgpu." : "";
    const BootRemedy boot =
        remove_boot_parameter(root, formatted("{}{}={}", dot, option.name, option.value));
    finding.remedy += " " + sentence(boot.text);
    finding.command = boot.command;
  } else {
    finding.remedy += formatted(" Remove {}={} from line {}, then `{}` and reboot.", option.name,
                                option.value, option.line, initramfs_command(root));
    finding.command = edit_command(option.file);
  }
}

/// What the next boot sets, if that does harm.
std::optional<Finding> harmful_option(const Subject& subject, const Setting& setting,
                                      const Options& options,
                                      const std::optional<std::string>& current) {
  if (options.empty()) {
    return std::nullopt;
  }
  const ModuleOption& last = options.back();
  const auto judged = judge_parameter(subject.machine, subject.policy, setting.name, last.value);
  if (!judged || judged->effect != Effect::harmful) {
    return std::nullopt;
  }
  Finding finding = harmful(*judged, last.value);
  finding.evidence = places_of(options);
  finding.evidence.push_back(
      current && same_value(*current, last.value)
          ? formatted("/sys/module/amdgpu/parameters/{}: {}, in force", setting.name, *current)
          : std::string("in force from the next boot on"));
  advise_removal(last, subject.root, finding);
  return finding;
}

/// What is in force until the next boot, if that does harm and no file says so.
std::optional<Finding> harmful_value(const Subject& subject, const Setting& setting,
                                     const Options& options,
                                     const std::optional<std::string>& current) {
  constexpr std::string_view drivers_choice = "-1";
  if (!current || same_value(*current, drivers_choice) ||
      (!options.empty() && same_value(options.back().value, *current))) {
    return std::nullopt;
  }
  const auto judged = judge_parameter(subject.machine, subject.policy, setting.name, *current);
  if (!judged || judged->effect != Effect::harmful) {
    return std::nullopt;
  }
  Finding finding = harmful(*judged, *current);
  finding.evidence = {
      formatted("/sys/module/amdgpu/parameters/{}: {}, in force", setting.name, *current)};
  if (options.empty()) {
    finding.evidence.emplace_back("no file of modprobe's sets it now");
  } else {
    const auto places = places_of(options);
    finding.evidence.insert(finding.evidence.end(), places.begin(), places.end());
  }
  finding.remedy += formatted(
      " A reboot ends it. If it is set again then, the initramfs has an older file: `{}`.",
      initramfs_command(subject.root));
  finding.command = "sudo reboot";
  return finding;
}

/// Set to different values: that the last one counts is easily missed.
std::optional<Finding> set_twice(const Options& options) {
  const bool differ = std::any_of(options.begin(), options.end(), [&](const ModuleOption& one) {
    return !same_value(one.value, options.back().value);
  });
  if (!differ) {
    return std::nullopt;
  }
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.summary = formatted("{} is set in {} places, and {}={} counts", options.back().name,
                              options.size(), options.back().name, options.back().value);
  finding.evidence = places_of(options);
  finding.source = "libkmod; kernel/params.c";
  return finding;
}

std::optional<Finding> proposed(const Subject& subject, const Plan& plan, const Options& options,
                                std::string_view name) {
  const auto row =
      std::find_if(plan.settings.begin(), plan.settings.end(), [&](const PlanRow& one) {
        return one.layer == Layer::module && one.name == name && one.proposed &&
               !(one.configured && same_value(*one.configured, *one.proposed));
      });
  if (row == plan.settings.end()) {
    return std::nullopt;
  }
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.summary = formatted("{}={} is proposed and not set", row->name, *row->proposed);
  finding.remedy = sentence(row->reason);
  finding.command = "sudo rocmfix apply";
  finding.source = row->source;
  const auto conflicts = find_conflicts(options, plan);
  const auto winner = std::find_if(conflicts.begin(), conflicts.end(), [&](const Conflict& one) {
    return one.wins && one.option.name == name;
  });
  if (winner != conflicts.end()) {
    finding.summary =
        formatted("{}={} is proposed, and {} has {}={}, which wins", row->name, *row->proposed,
                  place_of(winner->option), winner->option.name, winner->option.value);
    advise_removal(winner->option, subject.root, finding);
  }
  return finding;
}

/// A line that does nothing, or keeps amdgpu from being loaded.
Finding faulty(const LineFault& fault, const Root& root) {
  Finding finding;
  finding.verdict = fault.blocks ? CheckVerdict::problem : CheckVerdict::warning;
  finding.summary = formatted("`{}` {}", fault.text,
                              fault.blocks ? "keeps amdgpu from being loaded" : "does nothing");
  finding.evidence = {fault.line == 0 ? fault.file
                                      : formatted("{}, line {}", fault.file, fault.line)};
  finding.remedy = sentence(fault.fault) + " " + sentence(fault.remedy);
  if (fault.file.starts_with("/etc/modprobe.d/")) {
    finding.remedy += formatted(" Then `{}` and reboot.", initramfs_command(root));
  }
  finding.command = fault.edit;
  finding.source = "libkmod; lib/cmdline.c, kernel/params.c";
  return finding;
}

/// The driver that modprobe would load has no such parameter.
std::optional<Finding> ignored(const Subject& subject, const ModuleOption& option) {
  if (driver_lacks(subject.machine.driver, option.name) != true) {
    return std::nullopt;
  }
  Finding finding;
  finding.verdict = CheckVerdict::note;
  finding.summary =
      formatted("this kernel's amdgpu has no parameter {}, and ignores it", option.name);
  finding.evidence = {formatted("{} in {}", option.name, place_of(option)),
                      subject.machine.driver.installed->file};
  const auto judged = judge_parameter(subject.machine, subject.policy, option.name, option.value);
  finding.remedy = judged && judged->effect == Effect::no_op
                       ? sentence(judged->reason)
                       : std::string("The kernel only logs \"unknown parameter ignored\".");
  finding.source = "modinfo; kernel/module/main.c";
  return finding;
}

/// The first thing to say about one parameter.
std::optional<Finding> examine_parameter(const Subject& subject, const Setting& setting,
                                         const Options& options, const Plan& plan) {
  std::optional<std::string> current;
  if (const auto& loaded = subject.machine.driver.loaded) {
    const auto found = loaded->parameters.find(std::string(setting.name));
    current = found == loaded->parameters.end() ? std::nullopt : std::optional(found->second);
  }
  if (auto finding = harmful_option(subject, setting, options, current)) {
    return finding;
  }
  if (auto finding = harmful_value(subject, setting, options, current)) {
    return finding;
  }
  auto finding =
      subject.options_error ? std::nullopt : proposed(subject, plan, options, setting.name);
  return finding ? finding : set_twice(options);
}

}  // namespace

Findings driver_parameters(const Subject& subject) {
  Findings findings;
  const Plan plan = make_plan(subject.machine, subject.policy,
                              {.profile = Profile::safe, .only = Layer::module, .all = false});
  // That they cannot be read is what options_error says.
  const auto all = read_module_options(subject.root);
  for (const LineFault& fault : subject.machine.line_faults) {
    findings.push_back(faulty(fault, subject.root));
  }
  for (const ModuleOption& option : all ? *all : Options()) {
    if (auto finding = ignored(subject, option)) {
      findings.push_back(std::move(*finding));
    }
  }
  for (const Setting& setting : subject.policy.settings()) {
    Options options;
    for (const ModuleOption& option : all ? *all : Options()) {
      if (option.name == setting.name && option.has_value) {
        options.push_back(option);
      }
    }
    if (setting.layer == Layer::module) {
      if (auto finding = examine_parameter(subject, setting, options, plan)) {
        findings.push_back(std::move(*finding));
      }
    }
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = subject.options_error ? CheckVerdict::unknown : CheckVerdict::ok;
    finding.summary = subject.options_error ? "what modprobe would set cannot be read"
                                            : "no parameter is set that does harm here";
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
