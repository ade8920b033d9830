// SPDX-License-Identifier: MIT
#include "rocmfix/modprobe_conf.hpp"

#include <algorithm>
#include <optional>

#include "modprobe/modprobe_files.hpp"
#include "modprobe/modprobe_text.hpp"
#include "util/formatted.hpp"

namespace rocmfix {
namespace {

constexpr std::string_view module_name = "amdgpu";
constexpr std::string_view command_line = "/proc/cmdline";

void append(std::vector<ModuleOption>& options, std::string_view text, const std::string& file,
            unsigned line) {
  for (auto& [name, value] : detail::split_parameters(text)) {
    options.push_back({name, value, file, line});
  }
}

// "amdgpu.name=value" of the kernel's command line, which modprobe reads after its files.
void append_command_line(const Root& root, std::vector<ModuleOption>& options) {
  const auto text = root.read(command_line, 1U << 16U);
  if (!text) {
    return;
  }
  for (auto& [name, value] : detail::split_parameters(*text)) {
    const std::size_t dot = name.find('.');
    if (dot != std::string::npos && std::string_view(name).substr(0, dot) == module_name &&
        dot + 1 < name.size()) {
      options.push_back({name.substr(dot + 1), value, std::string(command_line), 0});
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
    if (line.command == "options" && line.module == module_name) {
      // As libkmod does, so that a quoted value is the one that the kernel gets.
      std::replace(line.rest.begin(), line.rest.end(), '\t', ' ');
      append(options, line.rest, line.file, line.line);
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
    effective[option.name] = option.value;
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
      if (option.name != row.name || basename_of(option.file) == ours) {
        continue;
      }
      const bool after = option.file == command_line || basename_of(option.file) > ours;
      const bool differs = !same_value(option.value, *row.proposed);
      overruled = after ? differs : overruled;
      if (differs) {
        conflicts.push_back({option, after});
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
    return formatted("amdgpu.{}={} on the kernel command line {}", option.name, option.value,
                     conflict.wins ? "wins over rocmfix.conf" : "is overridden");
  }
  return formatted("{}={} in {}:{} {}", option.name, option.value, option.file, option.line,
                   conflict.wins ? "is read after rocmfix.conf and wins over it"
                                 : "is overridden by rocmfix.conf");
}

std::string remedy(const Conflict& conflict) {
  const auto& option = conflict.option;
  if (option.line == 0) {
    return formatted(
        "remove amdgpu.{}={} from GRUB_CMDLINE_LINUX in /etc/default/grub, run `sudo update-grub`, "
        "and reboot",
        option.name, option.value);
  }
  return formatted("remove {}={} from line {}: sudoedit {}", option.name, option.value, option.line,
                   option.file);
}

}  // namespace rocmfix
