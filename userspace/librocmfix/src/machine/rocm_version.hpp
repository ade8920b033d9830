// SPDX-License-Identifier: MIT
// Which ROCm a program is linked with by default.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// "6.4.1 (/opt/rocm)", "HIP 5.2.21153 (libamdhip64.so.5.2.21153)"; empty: none was found where
/// packages put it. A wheel's own ROCm is not looked for.
std::string rocm_version(const Root& root);

}  // namespace rocmfix::detail
