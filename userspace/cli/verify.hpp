// SPDX-License-Identifier: MIT
#pragma once

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix::cli {

/// `rocmfix verify`: one line a check, with the next command under what is not right.
int run_verify(const Root& root, Profile profile, bool json);

}  // namespace rocmfix::cli
