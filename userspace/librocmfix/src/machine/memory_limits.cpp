// SPDX-License-Identifier: MIT
#include "machine/memory_limits.hpp"

#include <string_view>

#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view groups = "/sys/fs/cgroup";
constexpr int deepest = 32;
constexpr std::size_t largest = 64U << 10U;

/// Of cgroup v2: "0::/user.slice/user-1000.slice/session-2.scope".
std::optional<std::string> own_group(const Root& root) {
  constexpr std::string_view unified = "0::/";
  const auto text = root.read("/proc/self/cgroup", largest);
  for (const std::string_view line : lines_of(text ? *text : std::string_view())) {
    // A group outside of this namespace is "/../other": nothing of it can be read here.
    if (line.starts_with(unified) && line.find("..") == std::string_view::npos) {
      return std::string(line.substr(unified.size() - 1));
    }
  }
  return std::nullopt;
}

/// The number after `key` and a blank.
std::uint64_t count_of(std::string_view text, std::string_view key) {
  for (const std::string_view line : lines_of(text)) {
    const auto words = words_of(line);
    if (words.size() == 2 && words[0] == key) {
      return parse_number(words[1]).value_or(0);
    }
  }
  return 0;
}

}  // namespace

std::vector<GroupLimit> group_limits(const Root& root) {
  std::vector<GroupLimit> limits;
  auto path = own_group(root);
  for (int depth = 0; path && depth < deepest; ++depth) {
    const std::string folder = formatted("{}{}", groups, *path);
    const auto line = root.read_line(folder + "/memory.max");  // "max": none
    if (const auto bytes = parse_number(line ? *line : std::string())) {
      const auto events = root.read(folder + "/memory.events", largest);
      limits.push_back({*path, *bytes, events ? count_of(*events, "oom") : 0});
    }
    if (*path == "/") {
      break;
    }
    const auto slash = path->rfind('/');
    path = slash == 0 ? "/" : path->substr(0, slash);
  }
  return limits;
}

std::optional<std::string> locked_memory(const Root& root) {
  constexpr std::string_view key = "Max locked memory";
  const auto text = root.read("/proc/self/limits", largest);
  for (const std::string_view line : lines_of(text ? *text : std::string_view())) {
    if (line.starts_with(key)) {
      const auto words = words_of(line.substr(key.size()));
      return words.empty() ? std::nullopt : std::optional(std::string(words.front()));
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> gtt_bytes(const Root& root, const std::string& bdf) {
  return root.read_number("/sys/bus/pci/devices/" + bdf + "/mem_info_gtt_total");
}

}  // namespace rocmfix::detail
