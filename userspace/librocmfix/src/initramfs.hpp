// SPDX-License-Identifier: MIT
// What a kernel's initramfs holds of amdgpu: the module, its livepatch, and modprobe's
// configuration.
// Reads one pass over the image, in memory; nothing of it runs unless it is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modprobe_files.hpp"
#include "module_file.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct Initramfs {
  std::string file;  ///< path inside the root
  bool has_amdgpu = false;
  std::optional<ModuleIdentity> amdgpu;     ///< nullopt beside has_amdgpu: damaged
  std::optional<ModuleIdentity> livepatch;  ///< rocmfix_livepatch; nullopt: not in it, or damaged
  std::vector<ModprobeLine> lines;          ///< of its /etc/modprobe.d and the like
};

/// The image of `release`: nullopt when there is none where initramfs-tools or dracut put it.
/// Errors: io; invalid when it is truncated or damaged; failed when its packing is not known.
Result<std::optional<Initramfs>> read_initramfs(const Root& root, const std::string& release);

}  // namespace rocmfix::detail
