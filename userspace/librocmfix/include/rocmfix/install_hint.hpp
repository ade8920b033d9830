// SPDX-License-Identifier: MIT
// What to type on this distribution for a package: userspace/data/packages.toml.
#pragma once

#include <string>
#include <string_view>

#include "rocmfix/root.hpp"

namespace rocmfix {

/// "sudo dnf install libarchive" for a package by its name in packages.toml, on the distribution of
/// `root`; a clause that says what to install where that has no name for it.
std::string install_hint(const Root& root, std::string_view package);
/// That on the running system.
std::string install_hint(std::string_view package);

}  // namespace rocmfix
