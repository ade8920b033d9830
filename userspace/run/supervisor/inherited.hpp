// SPDX-License-Identifier: MIT
// Children that the caller had before it became rocmfix-run, as a shell has that runs
// `exec > >(tee log); exec rocmfix-run ...`. The command did not start them.
#pragma once

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// Whether this process has children, other than ended ones. To be asked before the first fork.
bool has_inherited_children();

/// As process 1 of a container, whose end ends all of them: closes stdout and stderr, and waits a
/// moment for those that read them, so that what was written last is not lost. Elsewhere it does
/// nothing.
void let_readers_finish(const SignalQueue& signals);

}  // namespace rocmfix::run
