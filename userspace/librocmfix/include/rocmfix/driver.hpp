// SPDX-License-Identifier: MIT
// The amdgpu kernel driver of a machine: what modprobe would load, what is loaded, which
// parameters are in force. Installed facts come through libkmod, loaded ones from /sys/module.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix {

/// What modprobe would load now for the running kernel: `modinfo amdgpu`.
struct InstalledModule {
  std::string file;                       ///< path inside the root
  std::optional<std::string> version;     ///< MODULE_VERSION; stock amdgpu has none
  std::optional<std::string> srcversion;  ///< Debian's stock amdgpu has none
  std::optional<std::string> rocmfix;     ///< "series=6.1 patches=5 source=6.1.192-2"; ours only
  std::optional<std::string> signer;
  std::map<std::string, std::string> parameters;  ///< name -> "description (type)" (modinfo -p)
};

struct LoadedModule {
  std::optional<std::string> version;
  std::optional<std::string> srcversion;
  /// As /sys/module/amdgpu/parameters has them; those for root only (gttsize) are missing for
  /// others.
  std::map<std::string, std::string> parameters;
};

struct Driver {
  /// /proc/sys/kernel/osrelease, else /proc/version, else the only directory in /lib/modules.
  std::optional<std::string> kernel_release;
  std::optional<InstalledModule> installed;  ///< nullopt: no amdgpu for this kernel, or unknown
  std::optional<LoadedModule> loaded;        ///< nullopt: not loaded
  /// A module of ours is what modprobe would load.
  [[nodiscard]] bool rocmfix_installed() const;
  /// A module of ours is loaded and its parameter `rocmfix` is not 0.
  [[nodiscard]] bool rocmfix_active() const;
};

Driver inspect_driver(const Root& root);

}  // namespace rocmfix
