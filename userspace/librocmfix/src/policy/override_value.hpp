// SPDX-License-Identifier: MIT
// HSA_OVERRIDE_GFX_VERSION as the runtime's thunk reads it (libhsakmt, topology.c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rocmfix {

/// "10.3.0" is gfx1030. nullopt: the thunk rejects the value, and with it every GPU.
std::optional<std::string> target_of_override(const std::string& value);

/// 10 of "gfx1031", 9 of "gfx90a", 10 of "gfx10-3-generic"; nullopt for what is no target.
std::optional<unsigned> major_of_target(std::string_view target);

}  // namespace rocmfix
