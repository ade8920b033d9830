// SPDX-License-Identifier: MIT
// Who is to use the GPUs, and whether they may open the device nodes for that. Nothing is opened.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/check.hpp"

namespace rocmfix::detail {

/// The user that programs will run as.
struct GpuUser {
  std::uint32_t id = 0;
  std::vector<std::uint32_t> groups;  ///< of the process, or, with `sudo`, as /etc/group has them
  std::string name;                   ///< empty: not known, or no plain name
  bool sudo = false;                  ///< this process is root, on behalf of that user
};

struct DeviceNode {
  std::string path;
  std::optional<FileStatus> status;
  int errnum = 0;  ///< why there is no status
};

/// Whether somebody may use a node.
enum class NodeAccess : std::uint8_t {
  allowed,
  listed,   ///< allowed, but not by its owner, group and mode: an access list, or a capability
  denied,   ///< owner, group and mode do not allow it
  blocked,  ///< these do, and the kernel does not: SELinux, or a container's list of devices
  missing,
  unknown,
};

/// nullopt: the root has no process to judge by.
std::optional<GpuUser> gpu_user(const Subject& subject);

/// /dev/kfd, then the render node of each supported GPU.
std::vector<DeviceNode> gpu_nodes(const Subject& subject);

NodeAccess access_to(const DeviceNode& node, const GpuUser& user, const Root& root);

/// "/dev/kfd: crw-rw---- root:render", with numbers for what has no name.
std::string describe(const DeviceNode& node, const Root& root);

/// A group of /etc/group.
struct GroupEntry {
  std::uint32_t id = 0;
  std::string name;
  std::vector<std::string> members;
};
/// Empty when the file cannot be read.
std::vector<GroupEntry> read_groups(const Root& root);

/// A user's or group's name that needs no quoting in a shell.
bool is_plain_name(std::string_view name);

}  // namespace rocmfix::detail
