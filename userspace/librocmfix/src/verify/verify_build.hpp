// SPDX-License-Identifier: MIT
// The checks of the build on this machine: what the last one for the running kernel ended in, by
// the record that the package keeps, and whether the installed one is from the kernel's own source.
// Reads only.
#pragma once

#include <optional>

#include "rocmfix/driver.hpp"
#include "rocmfix/root.hpp"
#include "rocmfix/verify.hpp"

namespace rocmfix::detail {

/// module.build; nullopt where no build is on record.
std::optional<Check> verify_build(const Root& root, const Driver& driver);

/// module.source; nullopt where what is installed, or the kernel's headers, name no source.
std::optional<Check> verify_source(const Root& root, const Driver& driver);

}  // namespace rocmfix::detail
