// SPDX-License-Identifier: MIT
// amdgpu's options in modprobe's configuration: reading them as modprobe merges them, and
// the text of /etc/modprobe.d/rocmfix.conf.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/plan.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

inline constexpr std::string_view modprobe_conf_path = "/etc/modprobe.d/rocmfix.conf";

/// One `name=value` for amdgpu and where it is set.
struct ModuleOption {
  std::string name;
  std::string value;
  std::string file;   ///< path inside the root, or "/proc/cmdline"
  unsigned line = 0;  ///< 1-based; 0 for the kernel command line
};

/// All options for amdgpu in the order the kernel sees them; the last of a name wins.
/// Errors: io when a configuration directory cannot be read.
Result<std::vector<ModuleOption>> read_module_options(const Root& root);

/// The same, had `rocmfix apply` never run: the user's own file instead of ours. A plan must
/// be made from these, or its own result would change it: a proposal made because another file
/// says noretry=0 would be gone once ours says noretry=1.
Result<std::vector<ModuleOption>> read_options_without_rocmfix(const Root& root);

/// The winning value of each name.
std::map<std::string, std::string, std::less<>> effective_options(
    const std::vector<ModuleOption>& options);

/// What is set elsewhere for a name that `plan` sets to another value.
struct Conflict {
  ModuleOption option;
  bool wins = false;  ///< true: that file is read after rocmfix.conf, so the plan is not in force
};
std::vector<Conflict> find_conflicts(const std::vector<ModuleOption>& options, const Plan& plan);
/// "noretry=0 in /etc/modprobe.d/z.conf:3 is read after rocmfix.conf and wins over it"
std::string describe(const Conflict& conflict);
/// The command that removes it.
std::string remedy(const Conflict& conflict);

/// The file's whole text for the module rows of `plan`; deterministic.
std::string render_modprobe_conf(const Plan& plan);

}  // namespace rocmfix
