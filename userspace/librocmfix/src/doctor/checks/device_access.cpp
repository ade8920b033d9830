// SPDX-License-Identifier: MIT
// Whether the user may open the GPU's device nodes; the groups of this machine, not those of a
// manual. Inside a container the check `container` is about the same nodes.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "doctor/container_kind.hpp"
#include "doctor/gpu_access.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

/// udev's rules make the nodes, and give them to their groups.
constexpr const char* make_nodes_again =
    "sudo udevadm trigger --action=add --subsystem-match=kfd --subsystem-match=drm";

std::string paths_of(const std::vector<const DeviceNode*>& nodes) {
  std::string paths;
  for (const DeviceNode* node : nodes) {
    paths += (paths.empty() ? "" : " and ") + node->path;
  }
  return paths;
}

Finding missing(const std::vector<const DeviceNode*>& nodes) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.summary = formatted("there is no device node {}", paths_of(nodes));
  finding.remedy =
      "The driver is loaded and the node is not there, so that no HIP program finds the GPU. udev "
      "makes the nodes again.";
  finding.command = make_nodes_again;
  finding.grade = "S";
  finding.source = "kfd_chardev.c; drm_sysfs.c";
  return finding;
}

struct Groups {
  std::string names;     ///< "render,video", of those that help
  bool pending = false;  ///< the user is a member of all of them already, this session is not
  bool useless = false;  ///< some node's group is root's, or may not read and write
};

Groups groups_for(const std::vector<const DeviceNode*>& nodes, const GpuUser& user,
                  const Root& root) {
  const std::vector<GroupEntry> known = read_groups(root);
  Groups groups;
  groups.pending = !user.sudo;
  std::vector<std::uint32_t> seen;
  for (const DeviceNode* node : nodes) {
    const FileStatus& status = *node->status;
    constexpr std::uint32_t group_may = S_IRGRP | S_IWGRP;
    const auto entry = std::find_if(known.begin(), known.end(),
                                    [&](const GroupEntry& one) { return one.id == status.group; });
    if (status.group == 0 || (status.mode & group_may) != group_may || entry == known.end()) {
      groups.useless = true;
      continue;
    }
    if (std::find(seen.begin(), seen.end(), entry->id) != seen.end()) {
      continue;
    }
    seen.push_back(entry->id);
    groups.names += (groups.names.empty() ? "" : ",") + entry->name;
    groups.pending = groups.pending && std::find(entry->members.begin(), entry->members.end(),
                                                 user.name) != entry->members.end();
  }
  return groups;
}

void advise(const std::vector<const DeviceNode*>& nodes, const GpuUser& user, const Root& root,
            Finding& finding) {
  const Groups groups = groups_for(nodes, user, root);
  const std::string name = user.name.empty() ? "\"$USER\"" : user.name;
  if (groups.names.empty() || groups.useless) {
    finding.remedy =
        "No group can use the node: udev's rules, which give it to the group render, are not in "
        "force. They are applied again by this command, and at each boot.";
    finding.command = make_nodes_again;
  } else if (groups.pending && !user.name.empty()) {
    finding.remedy = formatted(
        "{} is in {} by now, but this session began before that. Log out completely and in again; "
        "programs in tmux, screen and user services keep the old groups until a reboot.",
        name, groups.names);
  } else {
    finding.remedy =
        "Then log in again: a session keeps the groups that it began with. A service needs the "
        "same groups for its own user.";
    finding.command = formatted("sudo usermod -aG {} {}", groups.names, name);
  }
}

Finding denied(const std::vector<const DeviceNode*>& nodes, const GpuUser& user, const Root& root) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.summary =
      formatted("{} may not open {}", user.name.empty() ? "this user" : user.name, paths_of(nodes));
  advise(nodes, user, root, finding);
  return finding;
}

Finding blocked(const std::vector<const DeviceNode*>& nodes) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.summary = formatted("the groups would do, but something else denies {}", paths_of(nodes));
  finding.remedy =
      "A policy of SELinux or AppArmor, or a list of allowed devices (DeviceAllow= of a service, a "
      "sandbox) does. SELinux logs what it denies.";
  finding.command = "sudo ausearch -m avc -ts boot";
  finding.grade = "S";
  finding.source = "inode_permission(), fs/namei.c";
  return finding;
}

Finding unknown(std::string why) {
  Finding finding;
  finding.summary = std::move(why);
  return finding;
}

Finding usable(const GpuUser& user, bool listed) {
  Finding finding;
  finding.verdict = CheckVerdict::ok;
  finding.summary =
      formatted("{} may open the GPU's device nodes",
                !user.name.empty() ? user.name : std::string(user.id == 0 ? "root" : "this user"));
  if (listed) {
    finding.evidence.emplace_back(
        "through an access list, as the desktop session's: not over ssh, and not in a service");
  } else if (user.id == 0) {
    finding.evidence.emplace_back("root may open everything: other users are not examined");
  }
  return finding;
}

}  // namespace

Findings device_access(const Subject& subject) {
  const Root& root = subject.root;
  if (!subject.machine.driver.loaded || container_kind(subject)) {
    return {};
  }
  if (!root.is_system() && !root.exists("/dev")) {
    return {unknown("this root has no device nodes")};
  }
  const auto user = gpu_user(subject);
  if (!user) {
    return {unknown("/proc/self/status does not say whose access counts")};
  }
  const std::vector<DeviceNode> nodes = gpu_nodes(subject);
  std::map<NodeAccess, std::vector<const DeviceNode*>> by_access;
  std::vector<std::string> evidence;
  for (const DeviceNode& node : nodes) {
    by_access[access_to(node, *user, root)].push_back(&node);
    evidence.push_back(describe(node, root));
  }
  const auto found = [&](NodeAccess access) { return by_access.contains(access); };
  Finding finding =
      found(NodeAccess::missing)   ? missing(by_access[NodeAccess::missing])
      : found(NodeAccess::denied)  ? denied(by_access[NodeAccess::denied], *user, root)
      : found(NodeAccess::blocked) ? blocked(by_access[NodeAccess::blocked])
      : found(NodeAccess::unknown)
          ? unknown(formatted("{} cannot be examined", paths_of(by_access[NodeAccess::unknown])))
          : usable(*user, found(NodeAccess::listed));
  finding.evidence.insert(finding.evidence.begin(), evidence.begin(), evidence.end());
  return {finding};
}

}  // namespace rocmfix::detail
