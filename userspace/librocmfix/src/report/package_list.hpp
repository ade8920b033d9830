// SPDX-License-Identifier: MIT
// The versions of the packages that have to do with GPUs, from dpkg's and pacman's own files.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// "NAME VERSION" a line, sorted; where neither is in use, what to type instead.
std::string package_list(const Root& root);

}  // namespace rocmfix::detail
