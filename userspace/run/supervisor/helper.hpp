// SPDX-License-Identifier: MIT
// Another process that is asked something: text comes out, and no longer than a few seconds. What
// it reads may be hostile: it can end, hang or write without end, and this process goes on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// What `answer` writes to `out`, called in a child of its own, whose exit status it returns.
/// nullopt: that is not 0, it took more than ten seconds, or this process was told to stop
/// meanwhile. Its stderr goes nowhere. Every signal is blocked here, and none there.
std::optional<std::string> ask_helper(const SignalQueue& signals,
                                      const std::function<int(int out)>& answer);

/// The same of a program, found in PATH unless it has a slash, without input: its stdout.
std::optional<std::string> run_helper(const SignalQueue& signals,
                                      const std::vector<std::string>& command);

}  // namespace rocmfix::run
