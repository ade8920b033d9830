// SPDX-License-Identifier: MIT
// Where incidents are kept.
#pragma once

#include <string>

namespace rocmfix::run {

/// ROCMFIX_INCIDENT_DIR, or rocmfix/incidents in XDG_STATE_HOME or in ~/.local/state: as the
/// interposer has it. Empty: there is no home.
std::string incident_directory();

}  // namespace rocmfix::run
