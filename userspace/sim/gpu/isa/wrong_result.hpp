// SPDX-License-Identifier: MIT
// An instruction that computes wrong, for tests of what has to notice it. ROCMFIX_SIM_WRONG=NAME,
// or NAME:N for every Nth time that a wave executes it: the lowest bit of the result is the other
// one, in the first active lane.
#pragma once

#include <string_view>

#include "gpu/isa/instruction.hpp"

namespace rocmfix::sim::isa {

/// It is the one that was asked for.
bool is_to_be_wrong(std::string_view name);

/// A Handler: the right one, and the mistake after it.
void run_wrong(Wave& wave, const Instruction& in);

}  // namespace rocmfix::sim::isa
