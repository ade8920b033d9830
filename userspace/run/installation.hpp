// SPDX-License-Identifier: MIT
// Where this rocmfix-run lies, and so its libraries: next to it in a build tree, or below the same
// prefix when installed.
#pragma once

#include <string>

#include "rocmfix/error.hpp"

namespace rocmfix::run {

/// The directory above the program's own: /usr of /usr/bin/rocmfix-run. Errors: io.
Result<std::string> own_prefix();

}  // namespace rocmfix::run
