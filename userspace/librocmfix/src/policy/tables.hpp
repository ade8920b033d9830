// SPDX-License-Identifier: MIT
// The tables that the build makes from userspace/data/*.toml.
#pragma once

#include <span>

#include "rocmfix/policy.hpp"

namespace rocmfix::tables {

extern const std::span<const Chip> chips;
extern const std::span<const Setting> settings;

}  // namespace rocmfix::tables
