// SPDX-License-Identifier: MIT
// Whether the examined system is inside a container, by the marks that the engines leave.
#pragma once

#include <optional>
#include <string>

#include "doctor/check.hpp"

namespace rocmfix::detail {

struct ContainerKind {
  std::string engine;     ///< "docker", "podman", "lxc", ...; "container": not known which
  std::string evidence;   ///< where it shows
  bool rootless = false;  ///< root in it is another user outside
};

/// nullopt: no mark of one.
std::optional<ContainerKind> container_kind(const Subject& subject);

}  // namespace rocmfix::detail
