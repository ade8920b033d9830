// SPDX-License-Identifier: MIT
// The time of day as documents and file names have it.
#pragma once

#include <string>

namespace rocmfix {

/// "2026-11-23T02:40:05Z": now.
std::string utc_time_text();

/// "20261123-034005": now, where this machine is. For names of files.
std::string local_time_stamp();

}  // namespace rocmfix
