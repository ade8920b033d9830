// SPDX-License-Identifier: MIT
// The document about a fault: the interposer's, where one wrote it, and after it what is known
// outside the process. For a bug report, so without secrets.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "supervisor/crash_report.hpp"

namespace rocmfix::run {

/// Which process an interposer's report is of: "pid", "program" and what else it says of it.
nlohmann::ordered_json process_object(const nlohmann::ordered_json& report);

/// JSON, with its end of line. `files`: the names of the processes' reports, in their order.
std::string crash_document(const CrashReport& report, const std::vector<std::string>& files);

}  // namespace rocmfix::run
