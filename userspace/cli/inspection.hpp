// SPDX-License-Identifier: MIT
// What every verb begins with: the policy, and the machine as it is.
#pragma once

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

struct Inspection {
  Policy policy;
  Machine machine;
};

/// Errors: those of Policy::load() and inspect_machine().
Result<Inspection> inspect(const Root& root);

}  // namespace rocmfix::cli
