// SPDX-License-Identifier: MIT
#include "doctor/gpu_access.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "util/formatted.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::size_t largest_file = 1U << 20U;
constexpr std::size_t most_groups = 65536;  // NGROUPS_MAX

std::string value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

/// The numbers after "Uid:" or "Groups:" in /proc/PID/status.
std::vector<std::uint32_t> numbers_after(std::string_view status, std::string_view key) {
  std::vector<std::uint32_t> numbers;
  for (const std::string_view line : lines_of(status)) {
    if (line.starts_with(key)) {
      for (const std::string_view word : words_of(line.substr(key.size()))) {
        if (const auto number = parse_number(word); number && numbers.size() < most_groups) {
          numbers.push_back(static_cast<std::uint32_t>(*number));
        }
      }
    }
  }
  return numbers;
}

/// Who called sudo(8): root's own access says nothing about the programs that will run.
std::optional<GpuUser> sudo_user(const Subject& subject) {
  const Environment& environment = subject.circumstances.environment;
  const auto id = parse_number(value_of(environment, "SUDO_UID"));
  const auto group = parse_number(value_of(environment, "SUDO_GID"));
  const std::string name = value_of(environment, "SUDO_USER");
  if (!id || *id == 0 || !group || !is_plain_name(name)) {
    return std::nullopt;
  }
  GpuUser user{static_cast<std::uint32_t>(*id), {static_cast<std::uint32_t>(*group)}, name, true};
  for (const GroupEntry& entry : read_groups(subject.root)) {
    if (std::find(entry.members.begin(), entry.members.end(), name) != entry.members.end()) {
      user.groups.push_back(entry.id);
    }
  }
  return user;
}

/// By owner, group and mode alone.
bool permitted(const FileStatus& status, const GpuUser& user) {
  constexpr std::uint32_t read_write = 06;
  if (user.id == 0) {
    return true;
  }
  const bool member =
      std::find(user.groups.begin(), user.groups.end(), status.group) != user.groups.end();
  const std::uint32_t bits = status.owner == user.id ? status.mode >> 6U
                             : member                ? status.mode >> 3U
                                                     : status.mode;
  return (bits & read_write) == read_write;
}

std::string render_node(const Root& root, const Gpu& gpu) {
  constexpr std::string_view prefix = "renderD";
  for (const std::string& name : root.list("/sys/bus/pci/devices/" + gpu.bdf + "/drm")) {
    if (name.starts_with(prefix) && parse_number(std::string_view(name).substr(prefix.size()))) {
      return "/dev/dri/" + name;
    }
  }
  return {};
}

DeviceNode examine_node(const Root& root, std::string path) {
  DeviceNode node{std::move(path), std::nullopt, 0};
  if (const auto status = root.status(node.path)) {
    node.status = *status;
  } else {
    node.errnum = status.error().errnum;
  }
  return node;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !name.empty() && name.size() <= 64 && name.front() != '-' &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

std::vector<GroupEntry> read_groups(const Root& root) {
  std::vector<GroupEntry> groups;
  const auto text = root.read_regular("/etc/group", largest_file);
  if (!text || !*text) {
    return groups;
  }
  for (const std::string_view line : lines_of(**text)) {
    // render:x:109:anna,bert
    const std::vector<std::string_view> fields = split(line, ':');
    const auto id = fields.size() == 4 ? parse_number(fields[2]) : std::nullopt;
    if (!id || !is_plain_name(fields[0])) {
      continue;
    }
    GroupEntry group{static_cast<std::uint32_t>(*id), std::string(fields[0]), {}};
    for (const std::string_view member : split(fields[3], ',')) {
      group.members.emplace_back(member);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

std::optional<GpuUser> gpu_user(const Subject& subject) {
  const auto status = subject.root.read("/proc/self/status", largest_file);
  const auto ids = status ? numbers_after(*status, "Uid:") : std::vector<std::uint32_t>();
  if (ids.size() < 2) {
    return std::nullopt;
  }
  if (ids[1] == 0) {
    if (auto user = sudo_user(subject)) {
      return user;
    }
  }
  GpuUser user{ids[1], numbers_after(*status, "Groups:"), {}, false};
  if (const auto own = numbers_after(*status, "Gid:"); own.size() > 1) {
    user.groups.push_back(own[1]);
  }
  for (const std::string_view variable : {"USER", "LOGNAME"}) {
    const std::string name = value_of(subject.circumstances.environment, variable);
    if (user.name.empty() && is_plain_name(name)) {
      user.name = name;
    }
  }
  return user;
}

std::vector<DeviceNode> gpu_nodes(const Subject& subject) {
  std::vector<DeviceNode> nodes = {examine_node(subject.root, "/dev/kfd")};
  for (const Gpu& gpu : subject.machine.gpus) {
    const std::string path = gpu.supported ? render_node(subject.root, gpu) : std::string();
    if (!path.empty()) {
      nodes.push_back(examine_node(subject.root, path));
    }
  }
  return nodes;
}

NodeAccess access_to(const DeviceNode& node, const GpuUser& user, const Root& root) {
  if (!node.status) {
    return node.errnum == ENOENT || node.errnum == ENOTDIR ? NodeAccess::missing
                                                           : NodeAccess::unknown;
  }
  // A captured directory has an ordinary file for a node: only root could make one.
  if (!S_ISCHR(node.status->mode) && (root.is_system() || !S_ISREG(node.status->mode))) {
    return NodeAccess::missing;
  }
  const bool by_mode = permitted(*node.status, user);
  if (user.sudo || !node.status->usable) {
    return by_mode ? NodeAccess::allowed : NodeAccess::denied;
  }
  if (*node.status->usable) {
    return by_mode ? NodeAccess::allowed : NodeAccess::listed;
  }
  return by_mode ? NodeAccess::blocked : NodeAccess::denied;
}

std::string describe(const DeviceNode& node, const Root& root) {
  if (!node.status) {
    return formatted("{}: {}", node.path, to_string(io_error("cannot be examined", node.errnum)));
  }
  const FileStatus& status = *node.status;
  std::string group = std::to_string(status.group);
  for (const GroupEntry& entry : read_groups(root)) {
    if (entry.id == status.group) {
      group = formatted("{} ({})", entry.name, entry.id);
      break;
    }
  }
  return formatted("{}: mode {:04o}, group {}{}", node.path, status.mode & 07777U, group,
                   S_ISCHR(status.mode) || S_ISREG(status.mode) ? "" : ", not a device node");
}

}  // namespace rocmfix::detail
