// SPDX-License-Identifier: MIT
// An incident in plain words.
#pragma once

#include <string>
#include <string_view>

#include "rocmfix/incident.hpp"

namespace rocmfix::cli {

/// Its events, and its possible causes with their evidence, below `heading`; an empty line ends it.
std::string incident_text(const LogIncident& incident, std::string_view heading);

}  // namespace rocmfix::cli
