// SPDX-License-Identifier: MIT
// The table of faults.toml's [[reason]] entries that the build makes for the interposer.
#ifndef ROCMFIX_HIP_FAULT_REASONS_HPP
#define ROCMFIX_HIP_FAULT_REASONS_HPP

#include <span>

#include "rocmfix/fault_reason.hpp"

namespace rocmfix::hip {

extern const std::span<const FaultReason> fault_reasons;

}  // namespace rocmfix::hip

#endif
