// SPDX-License-Identifier: MIT
// Switches the installed livepatch on and off in the running kernel.
#pragma once

#include "rocmfix/root.hpp"

namespace rocmfix {

/// Runs the program of the package rocmfix-livepatch-dkms, which loads or unloads
/// rocmfix_livepatch, waits until the kernel has done it (at most a minute), and also checks that
/// the module was built for exactly this amdgpu. Needs root: what it refuses, and why, is printed
/// to stderr, as is its stdout. Returns its exit status, 0: done; a program that was
/// killed counts as 1. Not thread-safe.
/// Errors: refused for a root that is not the running system; failed when the package is not
/// installed or the program cannot be run.
Result<int> switch_livepatch(const Root& root, bool on);

}  // namespace rocmfix
