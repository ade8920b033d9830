// SPDX-License-Identifier: MIT
#pragma once

#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix status`: the GPUs and the driver, as they are. Status 3 when no GPU is supported.
int run_status(const Root& root, bool json);

}  // namespace rocmfix::cli
