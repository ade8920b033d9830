// SPDX-License-Identifier: MIT
// The environment part of a plan: what a launcher sets for a program, and what it warns about.
// The user's own settings win; one that is a known cause of the fault is named, not changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rocmfix/plan.hpp"

namespace rocmfix {

struct EnvironmentChange {
  std::string name;
  std::string value;
  std::string reason;
};

struct EnvironmentWarning {
  std::string name;
  std::string value;  ///< the user's, or the profile's when they set none
  std::string reason;
  std::string source;
};

/// What to know about a variable that is not set, or (no name) about the command itself.
struct EnvironmentAdvice {
  std::string name;
  std::string reason;
  std::string source;
  bool urgent = false;  ///< the program is not going to work as it is
  // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
  std::string command = {};  ///< installs one that does; empty: unknown
};

struct EnvironmentPlan {
  std::vector<EnvironmentChange> set;        ///< variables the user has not set
  std::vector<EnvironmentChange> kept;       ///< the user's, where the profile wanted another value
  std::vector<EnvironmentWarning> warnings;  ///< what will be in force and is known to do harm
                                             ///< here, or does not do what it is set for
  std::vector<EnvironmentAdvice> advice;     ///< neither set nor proposed, and why
};

/// The environment of this process; empty for a captured root, which it does not describe.
Environment inherited_environment(const Root& root);

/// The environment of this process, whatever root is examined.
Environment process_environment();

/// `software` is that of the machine that the plan was made for.
EnvironmentPlan environment_of(const Plan& plan, const Software& software);

}  // namespace rocmfix
