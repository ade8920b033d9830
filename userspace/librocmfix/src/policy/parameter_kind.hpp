// SPDX-License-Identifier: MIT
// What values the kernel takes for a parameter of amdgpu.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rocmfix/driver.hpp"
#include "rocmfix/policy.hpp"

namespace rocmfix::detail {

enum class ParameterKind : std::uint8_t { unknown, number, flag, text };

/// By what the module file says, else by settings.toml, else by the value in force.
ParameterKind kind_of_parameter(const Driver& driver, std::span<const Setting> settings,
                                std::string_view name);

/// Whether the module file shows that there is no such parameter; nullopt: not known. `name`: of
/// amdgpu's own, without a module.
std::optional<bool> driver_lacks(const Driver& driver, std::string_view name);

/// As kernel/params.c reads a number: C notation, "-1", "0x10", "010".
std::optional<long long> parameter_number(std::string_view text);

/// Whether the kernel refuses the value, and with it the module. False where the kind is unknown.
bool is_refused(ParameterKind kind, std::string_view value);

}  // namespace rocmfix::detail
