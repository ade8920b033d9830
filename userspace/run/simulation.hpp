// SPDX-License-Identifier: MIT
// Makes this very process one that sees the simulated card, so that the launcher, like the command
// after it, reads the card's facts where it reads a real one's.
#pragma once

#include "options.hpp"

namespace rocmfix::run {

/// Returns at once when no card is to be simulated, or is already. Else re-executes this program
/// with the simulator preloaded, and returns only with an error: the simulator is not installed, or
/// was not loaded although asked for.
Result<void> enter_simulation(const Options& options, char** argv);

}  // namespace rocmfix::run
