// SPDX-License-Identifier: MIT
// `rocmfix livepatch`: what carries the policy without a build of amdgpu, put in and taken out.
#pragma once

#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// Exit status: 0 in force, 1 not.
int run_livepatch_status(const Root& root, bool json);
/// Loads or unloads it in the running kernel, by the program that its package brings.
int run_livepatch_switch(const Root& root, bool on, bool json);

}  // namespace rocmfix::cli
