// SPDX-License-Identifier: MIT
// The next command for somebody whose modprobe would not load rocmfix's amdgpu.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// What DKMS lacks for the kernel `release`, in the order in which it needs it: the package, the
/// kernel's headers, the source of exactly the kernel's version, the build.
std::string install_advice(const Root& root, const std::string& release);

}  // namespace rocmfix::detail
