// SPDX-License-Identifier: MIT
// How the command speaks: results on stdout, errors with a hint on stderr, exit status as
// documented in rocmfix(1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/error.hpp"

namespace rocmfix::cli {

enum ExitStatus : int { exit_ok = 0, exit_wrong = 1, exit_usage = 2, exit_not_applicable = 3 };

/// Prints "error: ..." and "hint: ..." to stderr, each on one line, with `json` also an error
/// document to stdout.
/// Returns the exit status that the error stands for.
int print_error(const Error& error, bool json);

/// Prints to stdout; returns exit_wrong instead of `status` when stdout cannot take it (a full
/// disk, a closed descriptor), so that a cut-off document is never a success. What a terminal would
/// obey is escaped; a field that comes from elsewhere has to be printable() before.
int print_result(const std::string& text, int status);

/// Rows of `cells`, made printable(), with columns aligned by blanks, the last column not padded.
std::string format_table(const std::vector<std::vector<std::string>>& cells,
                         std::string_view indent = "");

/// `given`, made printable(), in lines of at most `width` characters, each after the first begun
/// with `indent`.
std::string wrap(std::string_view given, std::size_t width, std::string_view indent);

}  // namespace rocmfix::cli
