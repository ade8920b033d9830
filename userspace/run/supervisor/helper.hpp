// SPDX-License-Identifier: MIT
// A program that is asked something: text in, text out, and no longer than a few seconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// stdout of `command` (found in PATH unless it has a slash) with `input` as stdin; its stderr goes
/// nowhere. nullopt: it is not there, did not end with status 0, took more than ten seconds, or
/// this process was told to stop meanwhile. Every signal is blocked here, and none there.
std::optional<std::string> run_helper(const SignalQueue& signals,
                                      const std::vector<std::string>& command,
                                      std::string_view input);

}  // namespace rocmfix::run
