// SPDX-License-Identifier: MIT
// A file that the user has named on the command line: hostile until checked, and of this system
// whatever root is examined.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "rocmfix/error.hpp"

namespace rocmfix {

/// The whole of a regular file. Errors: io; invalid when it is not a regular file or over `limit`
/// bytes. Thread-safe.
Result<std::string> read_named_file(const std::filesystem::path& file, std::size_t limit);

}  // namespace rocmfix
