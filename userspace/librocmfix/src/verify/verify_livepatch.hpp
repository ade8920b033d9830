// SPDX-License-Identifier: MIT
// The checks of a machine whose variant is the livepatch, instead of those of a patched
// amdgpu. Reads only.
#pragma once

#include <vector>

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"
#include "rocmfix/verify.hpp"

namespace rocmfix::detail {

/// module.installed, module.loaded, module.active, livepatch.refresh. `devices` is module.active as
/// the GPUs' own files have it, for a driver that is in force.
std::vector<Check> verify_livepatch(const Root& root, const Driver& driver, const Check& devices);

/// Adds to `missing`, a module.loaded that is false, why the kernel took no module of ours, from
/// its log, and makes its hint fit; also for a user who may not read the log. `package` is the one
/// to do without.
void explain_refusal(const Root& root, const char* package, Check& missing);

}  // namespace rocmfix::detail
