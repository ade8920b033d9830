// SPDX-License-Identifier: MIT
// The checks of a machine whose carrier is the livepatch, in the place of those of a patched
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

/// Why the kernel took no module of ours, from its log: what it says, and what to type; nullopt
/// when it says nothing of the kind. `package` is the one to do without. Errors: io, with errnum
/// EPERM or EACCES for a user who may not read the log.
Result<std::optional<Check>> explain_refusal(const Root& root, const char* package);

}  // namespace rocmfix::detail
