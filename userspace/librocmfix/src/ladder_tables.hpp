// SPDX-License-Identifier: MIT
// The tables that the build makes from userspace/data/ladder.toml.
#pragma once

#include <span>

#include "rocmfix/ladder.hpp"

namespace rocmfix::tables {

extern const std::span<const Rung> ladder_rungs;
extern const RestartLimits restart_limits;

}  // namespace rocmfix::tables
