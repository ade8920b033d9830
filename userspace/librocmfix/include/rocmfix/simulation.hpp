// SPDX-License-Identifier: MIT
// Whether this process sees simulated GPUs (`rocmfix-run --simulate`), and what it then must not
// do.
#pragma once

#include "rocmfix/error.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

/// librocmfix-sim.so is loaded.
bool is_simulated();

/// Errors: refused, with a hint, where a change to this machine would be made for a GPU that is
/// simulated. `what` is the verb for the message: "apply". Another root may be changed.
Result<void> refuse_when_simulated(const Root& root, const char* what);

}  // namespace rocmfix
