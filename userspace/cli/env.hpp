// SPDX-License-Identifier: MIT
#pragma once

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix env`: the environment part of the plan as shell lines for `eval`; warnings to stderr.
int run_env(const Root& root, Profile profile, bool json);

}  // namespace rocmfix::cli
