// SPDX-License-Identifier: MIT
// The tables that the build makes from userspace/data/mitigations.toml.
#pragma once

#include <span>

#include "rocmfix/escalation.hpp"

namespace rocmfix::tables {

extern const std::span<const Mitigation> mitigations;
extern const RestartLimits restart_limits;

}  // namespace rocmfix::tables
