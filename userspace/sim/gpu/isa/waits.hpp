// SPDX-License-Identifier: MIT
// What a wave has under way in memory, and what waits for it. Without Wave::in_flight nothing ever
// is: an instruction is complete before the next begins.
#pragma once

#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

inline Policy policy_of(const Instruction& in) {
  return {in.glc, in.dlc, in.slc, false};
}

/// nullptr: it is complete when it has been executed. Valid until the next one begins.
LoadInFlight* begin_load(Wave& wave, const Instruction& in, LoadInFlight::Finish finish);

/// Of a store or an atomic; `counts`: as a store. The loads under way must not see it, so they take
/// their values now.
void begin_store(Wave& wave, bool counts);

}  // namespace rocmfix::sim::isa
