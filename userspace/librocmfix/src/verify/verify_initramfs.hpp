// SPDX-License-Identifier: MIT
// The part of `verify` that opens the initramfs: the checks initramfs.module and
// initramfs.configuration.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/verify.hpp"

namespace rocmfix::detail {

/// `wanted` has only module rows that propose something; `files_hint`: what brings modprobe's
/// configuration on the root file system to them; empty: it has all of them.
std::vector<Check> verify_initramfs(const Root& root, const Driver& driver, const Plan& wanted,
                                    const std::string& files_hint);

}  // namespace rocmfix::detail
