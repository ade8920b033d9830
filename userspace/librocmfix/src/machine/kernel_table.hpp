// SPDX-License-Identifier: MIT
// The table that the build makes from userspace/data/kernels.toml.
#pragma once

#include <span>

#include "rocmfix/known_kernels.hpp"

namespace rocmfix::tables {

extern const std::span<const KnownKernel> known_kernels;

}  // namespace rocmfix::tables
