// SPDX-License-Identifier: MIT
// librocmfix's account of a fault. The library is loaded when there is one, in a child: a launch
// stays quick, and whatever a log or a report makes of it, this process goes on.
#pragma once

#include <optional>
#include <string>

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// The answer of rocmfix_explain_json() (c_api.h) to `request`. nullopt: there is no library, or no
/// answer within ten seconds, or this process was told to stop.
std::optional<std::string> ask_library(const SignalQueue& signals, const std::string& root,
                                       const std::string& request);

}  // namespace rocmfix::run
