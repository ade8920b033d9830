// SPDX-License-Identifier: MIT
#include "doctor/container_kind.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::array<std::string_view, 5> engines = {"podman", "docker", "lxc", "systemd-nspawn",
                                                     "kubernetes"};

std::string engine_in(std::string_view text) {
  for (const std::string_view engine : engines) {
    if (text.find(engine) != std::string_view::npos) {
      return std::string(engine);
    }
  }
  return "container";
}

std::optional<ContainerKind> marked(const Subject& subject) {
  constexpr std::size_t most = 80;
  const Root& root = subject.root;
  if (root.exists("/run/.containerenv")) {
    return ContainerKind{"podman", "/run/.containerenv is there", false};
  }
  if (root.exists("/.dockerenv")) {
    return ContainerKind{"docker", "/.dockerenv is there", false};
  }
  for (const char* path : {"/run/systemd/container", "/run/host/container-manager"}) {
    if (const auto line = root.read_line(path)) {
      return ContainerKind{engine_in(*line), formatted("{}: {}", path, printable_line(*line, most)),
                           false};
    }
  }
  // Of the first process: this one's can be a service's that has such a word in its name.
  if (const auto groups = root.read("/proc/1/cgroup", 1U << 16U)) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> words = {
        {{"/docker", "docker"},
         {"/libpod", "podman"},
         {"/lxc", "lxc"},
         {"/kubepods", "kubernetes"},
         {"/machine.slice/machine-", "systemd-nspawn"}}};
    for (const auto& [word, engine] : words) {
      if (groups->find(word) != std::string::npos) {
        return ContainerKind{std::string(engine), formatted("/proc/1/cgroup has {}", word), false};
      }
    }
  }
  const auto variable = subject.circumstances.environment.find("container");
  if (variable != subject.circumstances.environment.end() && !variable->second.empty()) {
    return ContainerKind{engine_in(variable->second),
                         "the environment has container=" + printable_line(variable->second, most),
                         false};
  }
  return std::nullopt;
}

/// The first process's own namespace maps every number to itself.
bool maps_users(const Root& root) {
  const auto line = root.read_line("/proc/self/uid_map");
  const auto words = words_of(line ? *line : std::string_view());
  return words.size() == 3 && (words[1] != "0" || words[2] != "4294967295");
}

}  // namespace

std::optional<ContainerKind> container_kind(const Subject& subject) {
  auto kind = marked(subject);
  if (kind) {
    if (subject.root.exists("/var/run/secrets/kubernetes.io")) {
      kind->engine = "kubernetes";
    }
    kind->rootless = maps_users(subject.root);
  }
  return kind;
}

}  // namespace rocmfix::detail
