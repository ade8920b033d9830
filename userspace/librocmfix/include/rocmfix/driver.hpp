// SPDX-License-Identifier: MIT
// The amdgpu kernel driver of a machine and what carries rocmfix's policy into it: what modprobe
// would load, what is loaded, which parameters are in force. Installed facts come from the module's
// file, loaded ones from /sys/module.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix {

/// What modprobe would load now for the running kernel: `modinfo amdgpu`, `modinfo
/// rocmfix_livepatch`.
struct InstalledModule {
  std::string file;                       ///< path inside the root
  std::optional<std::string> version;     ///< MODULE_VERSION; stock amdgpu has none
  std::optional<std::string> srcversion;  ///< Debian's stock amdgpu has none
  std::optional<std::string> rocmfix;     ///< "series=6.1 patches=5 source=6.1.192-2"; ours only
  std::map<std::string, std::string> parameters;  ///< name -> "description (type)" (modinfo -p)
  std::optional<Error> unread;                    ///< why nothing but the file's name is known
};

struct LoadedModule {
  std::optional<std::string> version;
  std::optional<std::string> srcversion;
  /// As /sys/module/NAME/parameters has them; those for root only (gttsize) are missing for
  /// others.
  std::map<std::string, std::string> parameters;
};

/// The state of the livepatch in the running kernel. What each means, and how it shows, is in
/// dkms/livepatch-states, which the package's `livepatch-switch status` goes by as well.
enum class LivepatchState { off, disabled, waiting, idle, patching, unpatching, on };

const char* to_string(LivepatchState state);
/// In words, for a user.
const char* describe(LivepatchState state);

/// The module rocmfix_livepatch (package rocmfix-livepatch-dkms), which puts the policy into the
/// stock amdgpu while that runs.
struct Livepatch {
  std::optional<InstalledModule> installed;
  std::optional<LoadedModule> loaded;
  LivepatchState state = LivepatchState::off;
  /// In amdgpu, whole, and not switched off by its parameter.
  [[nodiscard]] bool in_force() const { return state == LivepatchState::on; }
};

/// What carries the policy. The packages exclude each other.
enum class Variant {
  module,     ///< an amdgpu.ko with the patches in it (rocmfix-dkms)
  livepatch,  ///< rocmfix_livepatch.ko next to the stock amdgpu.ko (rocmfix-livepatch-dkms)
};

const char* to_string(Variant variant);

struct Driver {
  /// /proc/sys/kernel/osrelease, else /proc/version, else the only directory in /lib/modules.
  std::optional<std::string> kernel_release;
  /// Upstream's version that it is based on, as far as it can be known ("6.12.115");
  /// known_kernels.hpp. A release does not always name it.
  std::optional<std::string> kernel_upstream;
  std::optional<InstalledModule> installed;  ///< nullopt: no amdgpu for this kernel, or unknown
  std::optional<LoadedModule> loaded;        ///< nullopt: not loaded
  Livepatch livepatch;
  /// What is installed for this kernel; `module` where both are.
  [[nodiscard]] std::optional<Variant> variant() const;
  /// The amdgpu that modprobe would load contains the patches.
  [[nodiscard]] bool patched() const;
  /// The loaded amdgpu has them and its parameter `rocmfix` is not 0, or the livepatch is in force.
  [[nodiscard]] bool rocmfix_active() const;
};

Driver inspect_driver(const Root& root);
/// The loaded amdgpu in words: "no", "stock", "version 6.12.12", "rocmfix 0.3, active".
std::string describe_loaded(const Driver& driver);
/// Driver::kernel_release alone.
std::optional<std::string> read_kernel_release(const Root& root);

}  // namespace rocmfix
