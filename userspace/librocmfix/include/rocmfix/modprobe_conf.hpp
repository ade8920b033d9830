// SPDX-License-Identifier: MIT
// amdgpu's options in modprobe's configuration: reading them as modprobe merges them, and
// the text of /etc/modprobe.d/rocmfix.conf.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/module_options.hpp"
#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

inline constexpr std::string_view modprobe_conf_path = "/etc/modprobe.d/rocmfix.conf";

/// All options for amdgpu in the order the kernel sees them; the last of a name wins.
/// Errors: io when a configuration directory cannot be read.
Result<std::vector<ModuleOption>> read_module_options(const Root& root);

/// The same, had `rocmfix apply` never run: the user's own file instead of ours. A plan must
/// be made from these, or its own result would change it: a proposal made because another file
/// says noretry=0 would be gone once ours says noretry=1.
Result<std::vector<ModuleOption>> read_options_without_rocmfix(const Root& root);

/// The winning value of each name, of the options that have one.
std::map<std::string, std::string, std::less<>> effective_options(
    const std::vector<ModuleOption>& options);

/// What other files set for a name that `plan` sets to another value; without remedies.
std::vector<Conflict> find_conflicts(const std::vector<ModuleOption>& options, const Plan& plan);
/// Completes `plan` with them, remedies included, and with the machine's faulty lines.
void add_conflicts(Plan& plan, const Root& root, const Machine& machine);
/// "noretry=0 in /etc/modprobe.d/z.conf:3 is read after rocmfix.conf and wins over it"
std::string describe(const Conflict& conflict);
/// "`noretry = 0` in /etc/modprobe.d/z.conf:3: blanks around `=`, ..."
std::string describe(const LineFault& fault);
/// What removes it, where it is set on this machine: a clause with the commands.
std::string remedy(const Root& root, const ModuleOption& option);

/// The file's whole text for the module rows of `plan`; deterministic.
std::string render_modprobe_conf(const Plan& plan);

}  // namespace rocmfix
