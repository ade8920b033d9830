// SPDX-License-Identifier: MIT
// What to type, from the tables of builds and of settings.
#pragma once

#include <string>
#include <string_view>

#include "doctor/check.hpp"

namespace rocmfix::detail {

struct Remedy {
  std::string text;     ///< sentences
  std::string command;  ///< empty: there is none
};

/// Another build of what the library is a part of (builds.toml), for a card of this target.
Remedy build_for_library(const Subject& subject, std::string_view gfx, std::string_view library);
/// Another build of a framework of builds.toml.
Remedy build_of(const Subject& subject, std::string_view gfx, std::string_view framework);

/// A reason of settings.toml: "it is wrong. Type: unset NAME" is a sentence and a command.
Remedy remedy_of_reason(const std::string& reason);

/// What settings.toml says of the override: set as it should not be, or not set as it should be.
/// Without a command: it is no remedy.
Remedy override_remedy(const Subject& subject);

/// Where the finding is about an environment variable, the plan's row of it.
Plan environment_plan(const Subject& subject);

}  // namespace rocmfix::detail
