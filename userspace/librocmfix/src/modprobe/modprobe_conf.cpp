// SPDX-License-Identifier: MIT
#include "rocmfix/modprobe_conf.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "modprobe/boot_parameters.hpp"
#include "modprobe/modprobe_files.hpp"
#include "modprobe/modprobe_text.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix {
namespace {

constexpr std::string_view module_name = "amdgpu";
// TTM limits what amdgpu may map; amdttm is the one that AMD's own amdgpu-dkms brings.
constexpr std::array<std::string_view, 3> module_names = {module_name, "ttm", "amdttm"};
constexpr std::string_view command_line = "/proc/cmdline";

bool is_examined(std::string_view module) {
  return std::find(module_names.begin(), module_names.end(), module) != module_names.end();
}

/// "noretry" of amdgpu, "ttm.pages_limit" of another.
std::string option_name(std::string_view module, std::string_view name) {
  return module == module_name ? std::string(name) : formatted("{}.{}", module, name);
}

/// As it is written on the command line.
std::string boot_name(std::string_view name) {
  return name.find('.') == std::string_view::npos ? formatted("{}.{}", module_name, name)
                                                  : std::string(name);
}

void append(std::vector<ModuleOption>& options, const detail::ModprobeLine& line) {
  for (auto& [name, value] : detail::parameter_words(line.rest)) {
    if (!name.empty()) {
      options.push_back({option_name(line.module, name), value.value_or(""), line.file, line.line,
                         value.has_value()});
    }
  }
}

// "amdgpu.name=value" of the kernel's command line, which modprobe reads after its files.
void append_command_line(const Root& root, std::vector<ModuleOption>& options) {
  const auto text = root.read(command_line, 1U << 16U);
  if (!text) {
    return;
  }
  for (auto& [name, value] : detail::parameter_words(*text)) {
    const std::size_t dot = name.find('.');
    const std::string_view module = std::string_view(name).substr(0, dot);
    if (dot != std::string::npos && is_examined(module) && dot + 1 < name.size()) {
      options.push_back({option_name(module, std::string_view(name).substr(dot + 1)),
                         value.value_or(""), std::string(command_line), 0, value.has_value()});
    }
  }
}

std::string basename_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

namespace {

Result<std::vector<ModuleOption>> read_options(
    const Root& root, const std::optional<detail::Replacement>& in_place_of) {
  auto files = detail::read_modprobe_files(root, in_place_of);
  if (!files) {
    return fail(files.error());
  }
  std::vector<ModuleOption> options;
  for (detail::ModprobeLine& line : files->lines) {
    if (line.command == "options" && is_examined(line.module)) {
      // As libkmod does, so that a quoted value is the one that the kernel gets.
      std::replace(line.rest.begin(), line.rest.end(), '\t', ' ');
      append(options, line);
    }
  }
  append_command_line(root, options);
  return options;
}

}  // namespace

Result<std::vector<ModuleOption>> read_module_options(const Root& root) {
  return read_options(root, std::nullopt);
}

Result<std::vector<ModuleOption>> read_options_without_rocmfix(const Root& root) {
  const auto current = root.read(modprobe_conf_path);
  if (!current || detail::origin_of(*current) == detail::ConfOrigin::foreign) {
    return read_options(root, std::nullopt);
  }
  const auto original = root.read(detail::original_conf_path);
  return read_options(root, detail::Replacement{std::string(modprobe_conf_path),
                                                original ? *original : std::string()});
}

std::map<std::string, std::string, std::less<>> effective_options(
    const std::vector<ModuleOption>& options) {
  std::map<std::string, std::string, std::less<>> effective;
  for (const auto& option : options) {
    if (option.has_value) {
      effective[option.name] = option.value;
    }
  }
  return effective;
}

std::vector<Conflict> find_conflicts(const std::vector<ModuleOption>& options, const Plan& plan) {
  // rocmfix.conf may not be there yet, so its place among the files is determined by its name.
  const std::string ours = basename_of(std::string(modprobe_conf_path));
  std::vector<Conflict> conflicts;
  for (const auto& row : plan.settings) {
    if (row.layer != Layer::module || !row.proposed) {
      continue;
    }
    const std::size_t first = conflicts.size();
    bool overruled = false;  // the last word after rocmfix.conf is another value
    for (const auto& option : options) {
      if (option.name != row.name || basename_of(option.file) == ours || !option.has_value) {
        continue;
      }
      const bool after = option.file == command_line || basename_of(option.file) > ours;
      const bool differs = !same_value(option.value, *row.proposed);
      overruled = after ? differs : overruled;
      if (differs) {
        conflicts.push_back({option, after, {}});
      }
    }
    for (std::size_t i = first; i < conflicts.size(); ++i) {
      conflicts[i].wins = conflicts[i].wins && overruled;
    }
  }
  return conflicts;
}

std::string describe(const Conflict& conflict) {
  const auto& option = conflict.option;
  if (option.line == 0) {
    return formatted("{}={} on the kernel command line {}", boot_name(option.name), option.value,
                     conflict.wins ? "wins over rocmfix.conf" : "is overridden");
  }
  return formatted("{}={} in {}:{} {}", option.name, option.value, option.file, option.line,
                   conflict.wins ? "is read after rocmfix.conf and wins over it"
                                 : "is overridden by rocmfix.conf");
}

std::string describe(const LineFault& fault) {
  const std::string place = fault.file == command_line
                                ? std::string("on the kernel command line")
                                : formatted("in {}:{}", fault.file, fault.line);
  return formatted("`{}` {}: {}", fault.text, place, fault.fault);
}

std::string remedy(const Root& root, const ModuleOption& option) {
  const std::string text =
      option.has_value ? formatted("{}={}", option.name, option.value) : option.name;
  if (option.line == 0) {
    return detail::remove_boot_parameter(
               root, option.has_value ? formatted("{}={}", boot_name(option.name), option.value)
                                      : boot_name(option.name))
        .text;
  }
  if (!option.file.starts_with("/etc/")) {
    // A package or the system writes that file again; a copy in /etc counts instead of it.
    return formatted("sudo cp {} /etc/modprobe.d/, and remove {} from line {} of the copy",
                     shell_word(option.file), text, option.line);
  }
  return formatted("remove {} from line {}: {}", text, option.line, edit_command(option.file));
}

void add_conflicts(Plan& plan, const Root& root, const Machine& machine) {
  plan.conflicts = find_conflicts(machine.options, plan);
  for (Conflict& conflict : plan.conflicts) {
    conflict.remedy = remedy(root, conflict.option);
  }
  plan.line_faults = machine.line_faults;
}

}  // namespace rocmfix
