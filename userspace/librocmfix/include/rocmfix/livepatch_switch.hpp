// SPDX-License-Identifier: MIT
// Putting the installed livepatch into the running kernel, and taking it out.
#pragma once

#include "rocmfix/root.hpp"

namespace rocmfix {

/// Runs the program of the package rocmfix-livepatch-dkms, which loads or unloads
/// rocmfix_livepatch, waits until the kernel has done it (at most a minute), and also checks that
/// the module was made for this very amdgpu. Needs root: what it refuses, and why, it says on
/// stderr, where its stdout goes too. Returns its exit status, 0: it is so; a program that was
/// killed counts as 1. Not for two threads at a time.
/// Errors: refused for a root that is not the running system; failed when the package is not
/// installed or the program cannot be run.
Result<int> switch_livepatch(const Root& root, bool on);

}  // namespace rocmfix
