// SPDX-License-Identifier: MIT
#pragma once

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix plan`: what is set, what the profile would set, and why.
int run_plan(const Root& root, const PlanOptions& options, bool json);

}  // namespace rocmfix::cli
