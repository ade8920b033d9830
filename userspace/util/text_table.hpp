// SPDX-License-Identifier: MIT
// Text in columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rocmfix {

/// A line a row, each begun with `indent`, columns aligned by blanks, the last column not padded.
/// Cells are printed as they are: what others wrote has to be printable() before.
std::string text_table(const std::vector<std::vector<std::string>>& rows,
                       std::string_view indent = "");

}  // namespace rocmfix
