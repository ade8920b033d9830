// SPDX-License-Identifier: MIT
// From the assembler's text, whose syntax LLVM documents (AMDGPUOperandSyntax,
// AMDGPUModifierSyntax), to operands and modifiers. DPP's and SDWA's controls are left in the
// encoding.
#pragma once

#include <string_view>

#include "gpu/isa/instruction.hpp"

namespace rocmfix::sim::isa {

/// Fills everything but `run`, `address`, `size` and `words`, which must be set. false: an operand
/// or a modifier is not understood.
bool parse(std::string_view text, Instruction& out);

/// "v_add_f32" from "v_add_f32_e64".
std::string_view base_name(std::string_view mnemonic);

}  // namespace rocmfix::sim::isa
