// SPDX-License-Identifier: MIT
// What should be set on this machine, next to what is set, with the reason. Decides nothing
// itself: the decisions are data (policy.hpp). Changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/driver.hpp"
#include "rocmfix/gpu.hpp"
#include "rocmfix/module_options.hpp"
#include "rocmfix/policy.hpp"
#include "rocmfix/software.hpp"

namespace rocmfix {

/// The facts a plan is made from.
struct Machine {
  std::vector<Gpu> gpus;
  Driver driver;
  /// amdgpu's options as modprobe would pass them, last value wins (modprobe_conf.hpp).
  std::map<std::string, std::string, std::less<>> configured;
  /// The same, had `rocmfix apply` never run. What is proposed because of a configured value is
  /// decided by these, or our own file would withdraw the proposal that caused it.
  std::map<std::string, std::string, std::less<>> configured_by_others;
  /// amdgpu's options one by one, in the order in which the kernel sees them.
  std::vector<ModuleOption> options;
  /// Lines about amdgpu that do not do what they look like.
  std::vector<LineFault> line_faults;
  /// The environment that the program would inherit; empty for a captured root.
  Environment environment;
  /// What the program carries that the environment part is for; unnamed unless examined.
  Software software;
  std::optional<std::uint64_t> ram_mib;  ///< /proc/meminfo MemTotal
  /// "PATH: Permission denied": what shows GPUs and drivers and could not be read, so that what
  /// looks absent here may be there.
  std::vector<std::string> unreadable;

  /// At least one GPU that rocmfix may touch.
  [[nodiscard]] bool supported() const;
};

/// Reads all of it. Errors: invalid or io from modprobe's configuration; unreadable_gpus() when no
/// supported GPU was seen.
Result<Machine> inspect_machine(const Root& root, const Policy& policy);

/// The same, as far as it can be read: never fails. `options_error`: why `configured` is empty,
/// when it is because of modprobe's configuration.
Machine inspect_machine_parts(const Root& root, const Policy& policy,
                              std::optional<Error>& options_error);

/// What a value does, and how that is known.
struct ValueEffect {
  Effect effect = Effect::unknown;
  std::string reason;
  std::string source;
  bool warn = false;  ///< worth a warning, although it does no harm
};

struct PlanRow {
  Layer layer = Layer::module;
  std::string name;
  std::optional<std::string> current;     ///< in force now
  std::optional<std::string> configured;  ///< what the next boot would use
  std::optional<std::string> proposed;    ///< what the profile wants; nullopt: leave alone
  Effect effect = Effect::unknown;        ///< of `proposed`, else of what is set;
                                          ///< in the environment the user's value comes first
  std::string reason;
  std::string source;
  std::optional<ValueEffect>
      of_configured;                      ///< what the configured value does, whatever is proposed
  std::optional<ValueEffect> of_current;  ///< likewise of a parameter's value in force
  std::optional<std::string> withheld;    ///< what the profile would set on another machine, and
                                          ///< `effect` is about, when nothing is set or proposed
  bool warn = false;                      ///< `reason` is worth a warning, although it does no harm
  bool answers_configured = false;        ///< proposed only because of what is configured elsewhere
  bool advice = false;  ///< nothing is set and nothing proposed; `reason` says why, and `effect` is
                        ///< that of leaving it so
  std::string command;  ///< installs a build of the program that runs on the GPU; empty: unknown
};

struct Plan {
  Profile profile = Profile::safe;
  std::vector<PlanRow> settings;       ///< in the order of settings.toml
  std::vector<Conflict> conflicts;     ///< filled in by add_conflicts() (modprobe_conf.hpp)
  std::vector<LineFault> line_faults;  ///< likewise
};

struct PlanOptions {
  Profile profile = Profile::safe;
  bool forced = false;        ///< propose what would take something away, too
  std::optional<Layer> only;  ///< leave the other layer out
  bool all = false;           ///< also settings that are neither set nor proposed
};

/// Empty when no GPU is supported: nothing is ever planned for other hardware.
Plan make_plan(const Machine& machine, const Policy& policy, const PlanOptions& options);

/// Completes the reason why a program does not work on a card, if the plan says so, with the
/// command that installs one that does (builds.hpp).
void add_build_advice(Plan& plan, const Root& root, const Machine& machine);

/// What a value of an amdgpu parameter does on this machine, whatever is set or proposed: `effect`,
/// `reason` and `source` of a row without values. nullopt: the policy does not know the parameter,
/// or no GPU is supported.
std::optional<PlanRow> judge_parameter(const Machine& machine, const Policy& policy,
                                       std::string_view name, std::string_view value);

/// Whether the environment part may depend on what the program carries: only then is
/// Machine::software needed.
bool needs_software(const Machine& machine, const Policy& policy, Profile profile);

/// Whether two values of a parameter mean the same: "1" and "0x1", "Y" and "1".
bool same_value(std::string_view a, std::string_view b);

}  // namespace rocmfix
