// SPDX-License-Identifier: MIT
// `rocmfix explain --follow`: between a program and whatever reads its output.
#pragma once

#include "verb.hpp"

namespace rocmfix::cli {

/// stdin to stdout, unchanged; what was found to stderr. Returns the exit status.
int follow(const Root& root, const Request& request);

}  // namespace rocmfix::cli
