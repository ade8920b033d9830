// SPDX-License-Identifier: MIT
// Where incidents are kept, and how a file gets there: whole or not at all, for the user alone, and
// never through a link in its place.
#pragma once

#include <string>
#include <string_view>

#include "rocmfix/error.hpp"

namespace rocmfix::run {

/// ROCMFIX_INCIDENT_DIR, or rocmfix/incidents in XDG_STATE_HOME or in ~/.local/state: as the layer
/// has it. Empty: there is no home.
std::string incident_directory();

/// Makes the directory, 0700, and puts the file in the place of one of that name, 0600. Errors: io.
Result<void> write_private_file(const std::string& directory, const std::string& name,
                                std::string_view text);

}  // namespace rocmfix::run
