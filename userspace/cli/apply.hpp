// SPDX-License-Identifier: MIT
#pragma once

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix apply`: the plan's module parameters into /etc/modprobe.d/rocmfix.conf.
int run_apply(const Root& root, Profile profile, bool dry_run, bool force, bool json);

/// `rocmfix revert`: what was there before apply.
int run_revert(const Root& root, bool dry_run, bool json);

}  // namespace rocmfix::cli
