// SPDX-License-Identifier: MIT
// What the supervisor says on stderr.
#pragma once

#include <string_view>

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// Waits until somebody reads it, or the supervisor is told to stop: then the rest is lost. Where
/// stderr cannot be written, it is lost, too. SIGPIPE is blocked.
void say(const SignalQueue& signals, std::string_view text);

}  // namespace rocmfix::run
