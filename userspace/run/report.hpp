// SPDX-License-Identifier: MIT
// What rocmfix-run says: the dry run on stdout, warnings and --verbose on stderr. Text only.
//
// Values come from the user's environment: they are printed as printable() has them, so that a
// warning stays on its line.
#pragma once

#include <string>
#include <string_view>

#include "preparation.hpp"
#include "rocmfix/printable.hpp"

namespace rocmfix::run {

/// "error: ..." and, when there is one, "hint: ..."; each ends with a newline.
std::string error_text(const Error& error);

/// One line for each variable of the user's that is a known cause of the fault.
std::string warning_text(const EnvironmentPlan& environment);

/// --verbose: the same, and one line for each variable set or kept.
std::string verbose_text(const Preparation& preparation);

/// --dry-run. `command` ends with a null pointer.
std::string dry_run_text(const Options& options, const Preparation& preparation);

}  // namespace rocmfix::run
