// SPDX-License-Identifier: MIT
// The causes whose rules hold for an incident, ranked. Never names one that no rule holds for.
#pragma once

#include <span>
#include <vector>

#include "explain/fault_facts.hpp"
#include "rocmfix/incident.hpp"

namespace rocmfix {

/// Only facts before line `until` count. The most probable first; equals in the rules' order.
std::vector<ProbableCause> probable_causes(const std::vector<FaultEvent>& events,
                                           std::span<const FaultCause> causes,
                                           const FaultFacts& facts, std::uint64_t until);

}  // namespace rocmfix
