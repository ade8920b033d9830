// SPDX-License-Identifier: MIT
// How much system memory a program of this session, and the GPU for it, may use. Units: bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// A control group with a limit of its own (memory.max of cgroup v2).
struct GroupLimit {
  std::string path;  ///< "/user.slice/user-1000.slice"; "/": in a container, its own
  std::uint64_t bytes = 0;
  std::uint64_t reached = 0;  ///< how often an allocation failed for it: `oom` of memory.events
};

/// Of this process's group and those above it, the nearest first.
std::vector<GroupLimit> group_limits(const Root& root);

/// RLIMIT_MEMLOCK of this process, as /proc/self/limits has it: "8388608", "unlimited".
std::optional<std::string> locked_memory(const Root& root);

/// System memory that the GPU at this PCI address may map.
std::optional<std::uint64_t> gtt_bytes(const Root& root, const std::string& bdf);

}  // namespace rocmfix::detail
