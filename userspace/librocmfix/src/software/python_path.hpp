// SPDX-License-Identifier: MIT
// The folders that a Python interpreter would import from, without running it: those of site.py and
// getpath.py of CPython 3.7 to 3.14, and Debian's dist-packages.
#pragma once

#include <string>
#include <vector>

#include "software/command.hpp"

namespace rocmfix::detail {

struct PythonPath {
  std::vector<std::string> folders;  ///< in the order of sys.path, without the standard library
  std::vector<std::string> hooks;    ///< .pth files that run code: editable installations
  std::string version;               ///< "3.13", "3.13t"; empty: not known
  std::string why;                   ///< why it is not known: a clause
};

PythonPath python_path(const Program& python, Lookup& lookup);

}  // namespace rocmfix::detail
