// SPDX-License-Identifier: MIT
// fmt::format(), compiled once. The launcher has no time to load fmt's library, so fmt is used as
// headers; with those, each file that formats would compile all of fmt again, for three seconds.
#pragma once

#include <fmt/format.h>

#include <string>

namespace rocmfix {

std::string format_arguments(fmt::string_view text, fmt::format_args arguments);

/// Text as fmt::format() has it, and checked against the arguments when it is compiled.
template <typename... Arguments>
std::string formatted(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  return format_arguments(text, fmt::make_format_args(arguments...));
}

}  // namespace rocmfix
