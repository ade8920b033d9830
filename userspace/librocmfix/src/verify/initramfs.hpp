// SPDX-License-Identifier: MIT
// What a kernel's initramfs holds of amdgpu: the module, its livepatch, and modprobe's
// configuration.
// Reads one pass over the image, in memory; nothing of it runs unless it is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modprobe/modprobe_files.hpp"
#include "rocmfix/root.hpp"
#include "verify/module_file.hpp"

namespace rocmfix::detail {

struct Initramfs {
  std::string file;  ///< path inside the root
  /// What is in it, as modprobe would choose; or why it is not known which. nullopt: none.
  std::optional<Result<ModuleIdentity>> amdgpu;
  std::optional<Result<ModuleIdentity>> livepatch;  ///< rocmfix_livepatch
  std::vector<ModprobeLine> lines;                  ///< of its /etc/modprobe.d and the like
  bool lines_whole = true;                          ///< false: there are more than are read
};

/// The image of `release`: nullopt when there is none where initramfs-tools or dracut put it.
/// Errors: io; invalid when it is truncated or damaged; refused when there is too much in it to be
/// looked at; failed when its packing is not known.
Result<std::optional<Initramfs>> read_initramfs(const Root& root, const std::string& release);

}  // namespace rocmfix::detail
