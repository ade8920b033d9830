// SPDX-License-Identifier: MIT
// The variables that a MIOpen reads: plain strings in it.
#pragma once

#include <string>
#include <vector>

#include "software/lookup.hpp"

namespace rocmfix::detail {

/// Read only where one is set (MIOPEN_DEBUG_*): a library has some hundred MB.
MiopenLibrary read_miopen(Lookup& lookup, const std::string& path);

/// The constants (.rodata) of the file that end in a word with `prefix`: these words, sorted, each
/// once. Bounded in bytes and in number. Errors: as read_elf_sections().
Result<std::vector<std::string>> constants_with_prefix(const RegularFile& file,
                                                       std::string_view prefix);

}  // namespace rocmfix::detail
