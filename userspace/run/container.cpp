// SPDX-License-Identifier: MIT
#include "container.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix::run {

namespace {

constexpr std::array<const char*, 2> devices = {"/dev/kfd", "/dev/dri"};

struct Inside {
  Environment variables;
  std::vector<std::string> mounts;  ///< files, at the same place, read-only
};

/// The user's LD_PRELOAD is for libraries of this machine; the interposer is the last of the list.
std::string last_of(const std::string& list) {
  return list.substr(list.find_last_of(": ") + 1);
}

Inside inside_of(const Preparation& preparation) {
  Inside inside{preparation.carried.variables, {}};
  for (const EnvironmentChange& change : preparation.preload.changes) {
    const bool is_library = change.name == "LD_PRELOAD" || change.name == "HSA_TOOLS_LIB";
    const std::string value = is_library ? last_of(change.value) : change.value;
    inside.variables[change.name] = value;
    if (change.name == "LD_PRELOAD") {
      inside.mounts.push_back(value);
    }
  }
  return inside;
}

std::string options_of(const Inside& inside) {
  std::string text;
  for (const auto& [name, value] : inside.variables) {
    text += " -e " + shell_word(formatted("{}={}", name, value));
  }
  for (const std::string& file : inside.mounts) {
    text += " -v " + shell_word(formatted("{}:{}:ro", file, file));
  }
  return text;
}

}  // namespace

std::string container_text(const Preparation& preparation) {
  std::string common;
  for (const char* const device : devices) {
    common += std::string(" --device=") + device;
  }
  std::string groups;
  for (const std::uint32_t group : preparation.carried.groups) {
    groups += " --group-add=" + std::to_string(group);
  }
  const Inside inside = inside_of(preparation);
  const std::string rest = options_of(inside) + " IMAGE COMMAND\n";
  std::string text = "docker run" + common + groups + rest;
  text += "podman run" + common + " --group-add=keep-groups" + rest;
  text +=
      "# HSA_OVERRIDE_GFX_VERSION depends on the libraries in the image: `rocmfix plan -- COMMAND` "
      "inside it.\n";
  if (!inside.mounts.empty()) {
    text +=
        "# The HIP interposer (-v and LD_PRELOAD) needs glibc in the image, as new as here; "
        "without "
        "it: --no-hip.\n";
  }
  return printable_lines(text);
}

std::string container_json(const Preparation& preparation) {
  using Json = nlohmann::ordered_json;
  const Inside inside = inside_of(preparation);
  Json variables = Json::object();
  for (const auto& [name, value] : inside.variables) {
    variables[name] = value;
  }
  Json mounts = Json::array();
  for (const std::string& file : inside.mounts) {
    mounts.push_back({{"source", file}, {"target", file}, {"read_only", true}});
  }
  const Json document = {{"schema", 1},
                         {"devices", Json(devices)},
                         {"groups", preparation.carried.groups},
                         {"variables", variables},
                         {"mounts", mounts}};
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace rocmfix::run
