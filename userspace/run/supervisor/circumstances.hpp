// SPDX-License-Identifier: MIT
// What the command was started with, as far as it matters after a fault: the GPUs and the user's
// variables, by which mitigations are chosen, and the variables that a crash report quotes.
#pragma once

#include <string>
#include <vector>

#include "preparation.hpp"
#include "rocmfix/escalation.hpp"
#include "rocmfix/restart.hpp"

namespace rocmfix::run {

RestartContext circumstances_of(const Preparation& preparation);

/// "NAME=VALUE" of the command, without secrets. Looked for when there is something to report:
/// every launch would cost a tenth more.
std::vector<std::string> quoted_variables(const std::string& root_path,
                                          const Preparation& preparation,
                                          const Escalation& escalation);

}  // namespace rocmfix::run
