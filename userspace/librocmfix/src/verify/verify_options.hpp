// SPDX-License-Identifier: MIT
// The plan's parameters against modprobe's configuration, the kernel command line and the loaded
// driver. A hint names what keeps a setting from counting, not a command that cannot help.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/verify.hpp"

namespace rocmfix::detail {

class OptionChecks {
 public:
  /// `wanted`: a plan of module rows that propose something. All have to outlive it.
  OptionChecks(const Root& root, const Machine& machine, const Plan& wanted);

  /// module.parameters, modprobe.configured, modprobe.conflicts, modprobe.syntax and
  /// modprobe.blacklist.
  [[nodiscard]] std::vector<Check> run() const;

  /// What brings the files of modprobe to the plan's values; empty: they have them.
  [[nodiscard]] const std::string& files_hint() const { return files_hint_; }

 private:
  [[nodiscard]] Check parameters() const;
  [[nodiscard]] Check configured() const;
  [[nodiscard]] Check conflicts() const;
  [[nodiscard]] Check syntax() const;
  [[nodiscard]] Check blacklist() const;
  [[nodiscard]] bool is_configured(const PlanRow& row) const;
  [[nodiscard]] bool all_configured() const;
  [[nodiscard]] std::string hint_for(bool with_command_line) const;

  const Root& root_;
  const Machine& machine_;
  const Plan& wanted_;
  std::vector<Conflict> conflicts_;
  std::string hint_;        ///< what brings the next boot to the plan's values
  std::string files_hint_;  ///< the same without the kernel command line
};

}  // namespace rocmfix::detail
