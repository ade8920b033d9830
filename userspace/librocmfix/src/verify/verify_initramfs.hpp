// SPDX-License-Identifier: MIT
// The part of `verify` that opens the initramfs: the checks initramfs.module and
// initramfs.configuration.
#pragma once

#include <vector>

#include "rocmfix/verify.hpp"

namespace rocmfix::detail {

/// `wanted` has only module rows that propose something; `all_configured`: modprobe's
/// configuration on the root file system has all of them.
std::vector<Check> verify_initramfs(const Root& root, const Driver& driver, const Plan& wanted,
                                    bool all_configured);

}  // namespace rocmfix::detail
