// SPDX-License-Identifier: MIT
// What the user asks rocmfix-run for: flags, then ROCMFIX_* variables, then defaults.
//
// Stops at the first word that is no option, so that the command's own options reach it
// untouched. Reads no file and decides nothing about the machine.
#pragma once

#include <cstdint>
#include <string>

#include "layer_options.hpp"
#include "rocmfix/error.hpp"
#include "rocmfix/policy.hpp"
#include "supervision_options.hpp"

namespace rocmfix::run {

enum class Action : std::uint8_t { run, dry_run, print_container, list_cards, help, version };
enum class Verbosity : std::uint8_t { quiet, normal, verbose };

struct Options {
  Action action = Action::run;
  Profile profile = Profile::safe;
  Verbosity verbosity = Verbosity::normal;
  bool json = false;
  bool planned = true;  ///< the environment part of the plan is set, and warns
  LayerOptions layer{};
  SupervisionOptions supervision{};
  std::string root = "/";
  char** command = nullptr;  ///< ends with a null pointer, as execvp(3) requires
};

/// Errors: invalid, with a hint, for whatever cannot be understood: exit status 2.
Result<Options> parse_options(int argc, char** argv);

/// The text of --help.
extern const char* const help_text;

}  // namespace rocmfix::run
