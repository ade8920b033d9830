// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix explain [FILE|-]`: what a log says happened to a GPU, and what may be behind it.
int run_explain(const Root& root, const std::string& file, bool json);

}  // namespace rocmfix::cli
