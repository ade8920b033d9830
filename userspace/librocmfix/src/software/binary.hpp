// SPDX-License-Identifier: MIT
// A program in machine code: what it is linked with, and the plugins that it would open.
#pragma once

#include "software/command.hpp"

namespace rocmfix::detail {

/// `software.program` is filled in by the caller.
Software examine_binary(const Program& program, Lookup& lookup);

}  // namespace rocmfix::detail
