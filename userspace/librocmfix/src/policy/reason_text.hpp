// SPDX-License-Identifier: MIT
// Reasons of settings.toml with the machine's facts in them.
#pragma once

#include <string>
#include <string_view>

#include "policy/condition.hpp"

namespace rocmfix {

/// "{gpus}" and its like (settings.toml lists them) replaced. `name` is the variable's.
std::string reason_text(std::string_view reason, std::string_view name,
                        const ConditionFacts& facts);

/// "libtorch_hip.so carries code for gfx1030": of each library that decides, its RDNA1 and RDNA2
/// targets. For a plan's reasons and for people.
std::string carried_text(const Software& software);

}  // namespace rocmfix
