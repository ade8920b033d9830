// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix plan`: what is set, what the profile would set, and why.
/// `command`: what the environment part is for; empty: not known.
int run_plan(const Root& root, const PlanOptions& options, const std::vector<std::string>& command,
             bool json);

}  // namespace rocmfix::cli
