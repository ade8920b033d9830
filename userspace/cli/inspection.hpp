// SPDX-License-Identifier: MIT
// What every verb begins with: the policy, and the machine as it is.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

struct Inspection {
  Policy policy;
  Machine machine;
};

/// Errors: those of Policy::load() and inspect_machine().
Result<Inspection> inspect(const Root& root);

/// Takes the environment for the one that `command` would inherit, this process's, and finds out
/// what it carries, where that matters: on this system, whatever root the machine's facts are from.
void examine(Inspection& seen, const std::vector<std::string>& command, Profile profile);

}  // namespace rocmfix::cli
