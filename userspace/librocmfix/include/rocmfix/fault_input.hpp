// SPDX-License-Identifier: MIT
// A fault as a value: what the machine, the environment, the runtime and the log say of it, put
// together by the one function that `rocmfix-run` and the Python package call, too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rocmfix/fault_reader.hpp"

namespace rocmfix {

struct FaultInput {
  std::vector<std::pair<std::string, std::string>> facts;  ///< {"rdna1", "gfx1010"}
  std::vector<std::string> environment;                    ///< "NAME=VALUE"
  std::vector<GivenEvent> events;
  std::string log;  ///< lines of a kernel log, a program's output, or both
};

/// The document of rocmfix_explain_json() (c_api.h). Errors: invalid.
Result<FaultInput> parse_fault_input(std::string_view json);

/// What it comes to. The rules must outlive it. Errors: invalid; those of FaultReader's functions.
Result<std::vector<LogIncident>> explain_fault(const FaultRules& rules, const FaultInput& input);

/// The document of `rocmfix explain --json`.
std::string incidents_json(const std::vector<LogIncident>& incidents);

}  // namespace rocmfix
