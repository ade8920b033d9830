// SPDX-License-Identifier: MIT
// What a program's --version prints.
#pragma once

#include <string>
#include <string_view>

namespace rocmfix {

/// "rocmfix 0.1.0"; of a wheel with the environment that it is in: a machine may have several, and
/// a distribution's package, too.
std::string version_text(std::string_view program);

}  // namespace rocmfix
