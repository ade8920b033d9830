// SPDX-License-Identifier: MIT
// What rebuilds a machine's initramfs: initramfs-tools' update-initramfs, else dracut.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// The command for every installed kernel, because the next boot may not be into the one that runs
/// now; for hints. update-initramfs's where neither program is there.
std::string initramfs_command(const Root& root);

/// Runs it. Its output goes to stderr. False: there is no such program here. Only for the running
/// system. Errors: failed.
Result<bool> update_initramfs(const Root& root);

}  // namespace rocmfix::detail
