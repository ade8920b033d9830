// SPDX-License-Identifier: MIT
// CapturedFacts as a document, which lies in the report at machine_path.
#pragma once

#include <string>
#include <string_view>

#include "base/captured_facts.hpp"

namespace rocmfix::detail {

/// What a report has besides the machine's files.
inline constexpr std::string_view documents_folder = "/rocmfix-report";
inline constexpr std::string_view machine_path = "/rocmfix-report/machine.json";

std::string captured_json(const CapturedFacts& facts);
/// Errors: invalid when it is no such document, or one of a later schema.
Result<CapturedFacts> read_captured_json(std::string_view text);

}  // namespace rocmfix::detail
