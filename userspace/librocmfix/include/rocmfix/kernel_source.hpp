// SPDX-License-Identifier: MIT
// Gets the source that the amdgpu of a kernel of Ubuntu's or Debian's was built from.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix {

/// Runs the program of the installed DKMS package (dkms/kernel-source), which asks apt for the
/// distribution's own source package and keeps amdgpu's part of it in /var/cache/rocmfix. It
/// downloads some hundred MiB; with `dry_run` it says what and changes nothing. `kernel`: as in
/// `uname -r`; empty: the running one. What it does, and what it refuses and why, is printed to
/// stderr. Returns its exit status, 0: the source is there; a program that was killed counts as 1.
/// Not thread-safe.
/// Errors: refused for a root that is not the running system; failed when the package is not
/// installed or the program cannot be run.
Result<int> get_kernel_source(const Root& root, const std::string& kernel, bool dry_run);

}  // namespace rocmfix
