// SPDX-License-Identifier: MIT
// The Python packages with GPU code that are found in a path.
#pragma once

#include "software/python_path.hpp"

namespace rocmfix::detail {

/// `software.program` is filled in by the caller.
Software examine_packages(const PythonPath& path, Lookup& lookup);

}  // namespace rocmfix::detail
