// SPDX-License-Identifier: MIT
// Runs another program and waits for it.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/error.hpp"

namespace rocmfix::detail {

/// `words`: the program by its path, and its arguments. Its stdout goes to stderr: ours belongs to
/// our own answer, which may be JSON. Returns the status as waitpid(2) gives it. Errors: failed.
Result<int> run_program(std::vector<std::string> words);

}  // namespace rocmfix::detail
