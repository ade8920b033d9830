// SPDX-License-Identifier: MIT
// The tables that the build makes from userspace/data/builds.toml.
#pragma once

#include <span>

#include "rocmfix/builds.hpp"

namespace rocmfix::tables {

extern const std::span<const Framework> frameworks;
extern const std::span<const Build> builds;

}  // namespace rocmfix::tables
