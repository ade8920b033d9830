// SPDX-License-Identifier: MIT
// The tables that the build makes from userspace/data/faults.toml.
#pragma once

#include <span>

#include "rocmfix/fault_rules.hpp"

namespace rocmfix::tables {

extern const std::span<const FaultType> fault_types;
extern const std::span<const FaultReason> fault_reasons;
extern const std::span<const FaultPattern> fault_patterns;
extern const std::span<const FaultCause> fault_causes;
extern const std::span<const ClientTable> fault_clients;

}  // namespace rocmfix::tables
