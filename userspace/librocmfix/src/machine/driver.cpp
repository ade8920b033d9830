// SPDX-License-Identifier: MIT
// Looks at amdgpu and rocmfix_livepatch: the file modprobe would load (by depmod's index, or in the
// usual places where a capture brought none) with its modinfo, and what /sys/module says of the
// loaded one. Loads and unloads nothing.
#include "rocmfix/driver.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "machine/livepatch_state.hpp"
#include "machine/module_info.hpp"
#include "rocmfix/known_kernels.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

constexpr std::string_view modules_dir = "/lib/modules";
constexpr std::string_view livepatch_name = "rocmfix_livepatch";

// Where a module can be, in depmod's order of preference ("updates built-in").
constexpr std::array<std::string_view, 3> usual_places = {"updates/dkms", "updates",
                                                          "kernel/drivers/gpu/drm/amd/amdgpu"};
constexpr std::array<std::string_view, 4> suffixes = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};

bool is_release(std::string_view text) {
  return !text.empty() && text.size() < 65 && text.front() != '.' &&  // utsname: 64 characters
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '/'; });
}

// The module's file by depmod's index, relative to `modules`: the line "DIR/NAME.ko: ...".
// Of the two forms that depmod writes it is the text: libkmod 30 never comes back from a damaged
// modules.dep.bin, and a captured machine can bring anything.
std::optional<std::string> find_in_index(std::string_view index, std::string_view module) {
  while (!index.empty()) {
    const std::string_view line = index.substr(0, index.find('\n'));
    index.remove_prefix(std::min(line.size() + 1, index.size()));
    const auto colon = line.find(':');
    const std::string_view file = line.substr(0, colon);
    const std::string_view name = file.substr(file.find_last_of('/') + 1);
    if (colon != std::string_view::npos && name.starts_with(module) &&
        std::find(suffixes.begin(), suffixes.end(), name.substr(module.size())) != suffixes.end()) {
      return std::string(file);
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_module(const Root& root, const std::string& modules,
                                       std::string_view module) {
  if (const auto index = root.read(modules + "/modules.dep")) {
    const auto file = find_in_index(*index, module);
    return file ? root.real_path(formatted("{}/{}", modules, *file)) : std::nullopt;
  }
  for (const std::string_view place : usual_places) {
    for (const std::string_view suffix : suffixes) {
      if (auto path = root.real_path(formatted("{}/{}/{}{}", modules, place, module, suffix))) {
        return path;
      }
    }
  }
  return std::nullopt;
}

// "parm=noretry:Disable retry faults" and "parmtype=noretry:int".
struct Parameter {
  std::string_view description;
  std::string_view type;
};
using Parameters = std::map<std::string_view, Parameter>;

// The first of several counts.
void add_parameter(Parameters& parameters, std::string_view value, bool is_type) {
  const auto colon = value.find(':');
  if (colon == std::string_view::npos) {
    return;
  }
  Parameter& parameter = parameters[value.substr(0, colon)];
  std::string_view& field = is_type ? parameter.type : parameter.description;
  if (field.empty()) {
    field = value.substr(colon + 1);
  }
}

// As modinfo -p puts them together.
std::string in_words(const Parameter& parameter) {
  if (parameter.type.empty()) {
    return std::string(parameter.description);
  }
  return formatted("{}{}({})", parameter.description, parameter.description.empty() ? "" : " ",
                   parameter.type);
}

Result<void> take_modinfo(const Root& root, InstalledModule& module) {
  auto file = detail::RegularFile::open(root, module.file);
  if (!file) {
    return fail(std::move(file.error()));
  }
  const auto unpacked = detail::unpacked_module(std::move(*file));
  if (!unpacked) {
    return fail(unpacked.error());
  }
  const auto section = detail::read_modinfo(*unpacked);
  if (!section) {
    return fail(section.error());
  }
  Parameters parameters;
  std::string_view rest = *section;
  std::string_view key;
  std::string_view value;
  while (detail::next_modinfo(rest, key, value)) {
    if (key == "version") {
      module.version = std::string(value);
    } else if (key == "srcversion") {
      module.srcversion = std::string(value);
    } else if (key == "rocmfix") {
      module.rocmfix = std::string(value);
    } else if (key == "parm" || key == "parmtype") {
      add_parameter(parameters, value, key == "parmtype");
    }
  }
  for (const auto& [name, parameter] : parameters) {
    module.parameters.emplace(name, in_words(parameter));
  }
  return {};
}

// A file that cannot be read (damaged, or packed in a way that is not known) is still what modprobe
// would try: its name is known, and why nothing else is.
InstalledModule read_module(const Root& root, std::string path) {
  InstalledModule installed;
  installed.file = std::move(path);
  if (const auto taken = take_modinfo(root, installed); !taken) {
    installed.unread = taken.error();
  }
  return installed;
}

std::optional<InstalledModule> find_installed(const Root& root, const std::string& release,
                                              std::string_view module) {
  if (auto path = find_module(root, formatted("{}/{}", modules_dir, release), module)) {
    return read_module(root, std::move(*path));
  }
  return std::nullopt;
}

std::optional<LoadedModule> read_loaded(const Root& root, std::string_view module) {
  const std::string directory = formatted("/sys/module/{}", module);
  // "coming" and "going" are no driver; one that is built in has parameters and no initstate.
  const auto state = root.read_line(directory + "/initstate");
  if (!root.exists(directory + "/parameters") || state.value_or("live") != "live") {
    return std::nullopt;
  }
  LoadedModule loaded;
  loaded.version = root.read_line(directory + "/version");
  loaded.srcversion = root.read_line(directory + "/srcversion");
  for (const std::string& name : root.list(directory + "/parameters")) {
    // Some are for root only (gttsize: 0600); those stay unknown to others.
    if (auto value = root.read(formatted("{}/parameters/{}", directory, name))) {
      value->erase(std::min(value->find('\n'), value->size()));
      loaded.parameters.emplace(name, std::move(*value));
    }
  }
  return loaded;
}

}  // namespace

std::optional<std::string> read_kernel_release(const Root& root) {
  if (auto release = root.read_line("/proc/sys/kernel/osrelease");
      release && is_release(*release)) {
    return release;
  }
  // "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) ..."
  constexpr std::string_view prefix = "Linux version ";
  if (auto version = root.read_line("/proc/version"); version && version->starts_with(prefix)) {
    version->erase(0, prefix.size());
    version->erase(std::min(version->find(' '), version->size()));
    if (is_release(*version)) {
      return version;
    }
  }
  // An image that has never run: the one kernel it has is the one it will run.
  const std::vector<std::string> kernels = root.list(modules_dir);
  if (kernels.size() == 1 && is_release(kernels.front())) {
    return kernels.front();
  }
  return std::nullopt;
}

Driver inspect_driver(const Root& root) {
  Driver driver;
  driver.kernel_release = read_kernel_release(root);
  if (auto running = read_running_kernel(root)) {
    driver.kernel_upstream = std::move(running->upstream);
  }
  if (driver.kernel_release) {
    driver.installed = find_installed(root, *driver.kernel_release, "amdgpu");
    driver.livepatch.installed = find_installed(root, *driver.kernel_release, livepatch_name);
  }
  driver.loaded = read_loaded(root, "amdgpu");
  if (driver.loaded) {
    // Part of the plan, though another module's.
    constexpr const char* pages_limit = "ttm.pages_limit";
    if (auto value = root.read_line("/sys/module/ttm/parameters/pages_limit")) {
      driver.loaded->parameters.emplace(pages_limit, std::move(*value));
    }
  }
  driver.livepatch.loaded = read_loaded(root, livepatch_name);
  driver.livepatch.state = detail::read_livepatch_state(root, driver.livepatch.loaded);
  return driver;
}

}  // namespace rocmfix
