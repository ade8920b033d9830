// SPDX-License-Identifier: MIT
// Checks that it works: compares what is installed, loaded, in the initramfs and set with the
// plan. Reads only; needs no root for anything but an unreadable initramfs (then: unknown).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct Check {
  std::string id;          ///< stable: "module.installed", "initramfs.configuration", ...
  std::optional<bool> ok;  ///< nullopt: cannot be known here
  std::string detail;      ///< what was found
  std::string hint;        ///< the next command, when not ok
};

struct Verification {
  bool ok = false;  ///< no check is false
  std::vector<Check> checks;
};

/// The checks' ids, in this order: gpu.supported (false: the only one), module.build (only where a
/// build is on record), module.source (only where both versions are known), module.installed,
/// module.loaded, module.active, livepatch.refresh (only with the livepatch), module.parameters,
/// modprobe.configured, modprobe.conflicts, modprobe.syntax, modprobe.blacklist, initramfs.module,
/// initramfs.livepatch (likewise), initramfs.configuration.
Verification verify_machine(const Root& root, const Machine& machine, const Plan& plan);

}  // namespace rocmfix
