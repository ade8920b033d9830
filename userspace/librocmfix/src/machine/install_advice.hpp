// SPDX-License-Identifier: MIT
// The next command for somebody whose modprobe would not load rocmfix's amdgpu.
#pragma once

#include <optional>
#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// What DKMS lacks for the kernel `release`, in the order in which it needs it: the package, the
/// kernel's headers, the source of exactly the kernel's version, the build.
std::string install_advice(const Root& root, const std::string& release);

/// What makes dkms sign the module of `package`, which it does not without openssl.
std::string signing_advice(const Root& root, const std::string& package);

/// The version of the package that the kernel and its headers were built from, which linux-source
/// has too; nullopt where the headers are not here or name none.
std::optional<std::string> package_version(const Root& root, const std::string& release);

}  // namespace rocmfix::detail
