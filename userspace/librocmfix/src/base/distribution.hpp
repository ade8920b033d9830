// SPDX-License-Identifier: MIT
// What to type for a package on a distribution: by packages.toml, the one place for the names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/os_release.hpp"

namespace rocmfix::detail {

/// "sudo dnf install curl" for packages by their names in packages.toml. {release} in a name
/// becomes `release`. nullopt: the distribution, or its name of one of them, is not known.
std::optional<std::string> install_command(const OsRelease& os,
                                           std::span<const std::string_view> packages,
                                           std::string_view release = {});

/// The same for their newest version, whether or not they are installed.
std::optional<std::string> newest_command(const OsRelease& os,
                                          std::span<const std::string_view> packages);

/// install_command() for one package, or else a clause that says what to install: for a hint.
std::string install_hint(const OsRelease& os, std::string_view package,
                         std::string_view release = {});

/// The line that brings all packages up to date; empty: the distribution is not known.
std::string update_command(const OsRelease& os);

}  // namespace rocmfix::detail
