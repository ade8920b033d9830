// SPDX-License-Identifier: MIT
// A session as a document: JSON by docs/results/selftest.schema.json, a page, and lines for a
// terminal.
#pragma once

#include <string>

#include "selftest/session.hpp"

namespace rocmfix::selftest {

std::string session_json(const Session& session);
/// One file that needs nothing else: no script, no font, no network.
std::string session_html(const Session& session);
/// A line for one run.
std::string run_text(const Test& test, const Run& run);
/// What is printed at the end.
std::string summary_text(const Session& session);

/// Makes or replaces a file at once, or leaves it as it was. Errors: io; refused for what is no
/// file.
Result<void> write_report(const std::string& path, const std::string& text);

}  // namespace rocmfix::selftest
