// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix env`: the environment part of the plan as shell lines for `eval`; warnings to stderr.
/// `command`: what it is for; empty: not known.
int run_env(const Root& root, Profile profile, const std::vector<std::string>& command, bool json);

}  // namespace rocmfix::cli
