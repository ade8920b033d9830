// SPDX-License-Identifier: MIT
// What a wave has under way in memory, and what waits for it. Without a port nothing is under way:
// an instruction is complete before the next begins.
#pragma once

#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

inline Policy policy_of(const Instruction& in) {
  return {in.glc, in.dlc, in.slc, false};
}

/// Of a wave with a port. Valid until the next one begins.
LoadInFlight& begin_load(Wave& wave, const Instruction& in, LoadInFlight::Finish finish);

/// Before a store or an atomic: the loads under way must not see it, so they take their values now.
void settle_loads(Wave& wave);

}  // namespace rocmfix::sim::isa
