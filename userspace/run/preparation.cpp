// SPDX-License-Identifier: MIT
// The shortest way to an environment plan: the GPUs first, the rest only if one is supported.
#include "preparation.hpp"

#include <algorithm>
#include <utility>

#include "rocmfix/communicators.hpp"
#include "rocmfix/outside.hpp"
#include "rocmfix/plan.hpp"
#include "rocmfix/redaction.hpp"

namespace rocmfix::run {

namespace {

/// Facts that only the module layer asks for (modprobe's options, the module file) stay unknown:
/// they cost more than the whole launch.
Machine launch_facts(const Root& root, std::vector<Gpu> gpus) {
  Machine machine;
  machine.gpus = std::move(gpus);
  machine.driver.kernel_release = root.read_line("/proc/sys/kernel/osrelease");
  // With --root, too: the command runs here, so it is this environment that it inherits.
  machine.environment = process_environment();
  return machine;
}

std::vector<std::string> words_of(char* const* command) {
  std::vector<std::string> words;
  for (char* const* word = command; *word != nullptr; ++word) {
    words.emplace_back(*word);
  }
  return words;
}

/// Ids of the groups that own the GPU's device nodes, root's aside.
std::vector<std::uint32_t> device_groups(const Root& root) {
  std::vector<std::string> nodes = {"/dev/kfd"};
  for (const std::string& name : root.list("/dev/dri")) {
    if (name.starts_with("renderD") || name.starts_with("card")) {
      nodes.push_back("/dev/dri/" + name);
    }
  }
  std::vector<std::uint32_t> groups;
  for (const std::string& node : nodes) {
    const auto status = root.status(node);
    if (status && status->group != 0 &&
        std::find(groups.begin(), groups.end(), status->group) == groups.end()) {
      groups.push_back(status->group);
    }
  }
  return groups;
}

/// What the user has set of the variables that rocmfix knows.
Environment known_variables(const Environment& environment, const Policy& policy) {
  Environment known;
  for (const auto& [name, value] : environment) {
    const auto is_set = [&name = name](const Setting& one) {
      return one.layer == Layer::environment &&
             (name == one.name || (one.per_node && name.starts_with(std::string(one.name) + "_")));
    };
    if (is_runtime_variable(name) ||
        std::any_of(policy.settings().begin(), policy.settings().end(), is_set)) {
      known.emplace(name, value);
    }
  }
  return known;
}

/// A program that this environment does not reach gets another: what its command line sets.
std::optional<OutsideCommand> go_outside(Machine& machine, const Options& options,
                                         const Carried& carried) {
  if (*options.command == nullptr) {
    return std::nullopt;
  }
  auto outside = find_outside(words_of(options.command), machine.environment, carried);
  if (outside) {
    machine.software.state = SoftwareState::unknown;
    machine.software.program = outside->program;
    machine.software.why = outside->reason;
    for (const auto& [name, value] : outside->given) {
      machine.environment[name] = value;
    }
  }
  return outside;
}

void diagnose(Machine& machine, const Policy& policy, const Options& options) {
  if (*options.command == nullptr || !needs_software(machine, policy, options.profile)) {
    return;
  }
  machine.software = examine_command(words_of(options.command), machine.environment);
}

/// A program that would not start with a library preloaded: without the interposer, with a message,
/// or not at all, where it is to run on a simulated card.
Result<void> respect_link_order(const Options& options, const Machine& machine,
                                Preparation& result) {
  const bool simulated = !options.layer.simulated.empty();
  if (*options.command == nullptr || !(result.layered || simulated)) {
    return {};
  }
  const std::string runtime =
      runtime_to_come_first(words_of(options.command), machine.environment, machine.software);
  if (runtime.empty()) {
    return {};
  }
  const std::string what = "the program is linked with AddressSanitizer (" + runtime +
                           "), which aborts it when another library is preloaded first";
  constexpr const char* way_out = "ASAN_OPTIONS=verify_asan_link_order=0";
  if (simulated) {
    return fail(Error{.code = ErrorCode::not_applicable,
                      .what = what + ": it cannot be run on a simulated card",
                      .hint = std::string(way_out) + " allows it, and so does -static-libasan"});
  }
  result.layered = false;
  result.environment.advice.push_back(
      {.name = "",
       .reason = what +
                 ": it runs without librocmfix-hip.so (coherence, VRAM limit, fault "
                 "reports), unless you set " +
                 way_out,
       .source = "",
       .urgent = true});
  return {};
}

/// The environment of the command; of one that it does not reach, with what carries it in.
void plan_environment(const Root& root, const Policy& policy, const Options& options,
                      Machine& machine, Preparation& result) {
  const Environment own = machine.environment;
  const auto outside = go_outside(machine, options, {});
  if (!outside) {
    diagnose(machine, policy, options);
  }
  Plan plan = make_plan(machine, policy, {.profile = options.profile, .only = Layer::environment});
  add_build_advice(plan, root, machine);
  // What every other launch can do without.
  Carried carried;
  if (outside || options.action == Action::print_container) {
    carried = {known_variables(own, policy), device_groups(root)};
    for (const PlanRow& row : plan.settings) {
      if (row.proposed && !row.current) {
        carried.variables.emplace(row.name, *row.proposed);
      }
    }
  }
  if (outside) {
    const auto complete = find_outside(words_of(options.command), own, carried);
    machine.software.elsewhere = complete ? complete->command : std::string();
  }
  result.environment = environment_of(plan, machine.software);
  result.carried = std::move(carried);
}

template <class T>
void append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

Result<Preparation> prepare(const Options& options) {
  const auto root = Root::open(options.root);
  if (!root) {
    return fail(root.error());
  }
  const auto policy = Policy::load(*root);
  if (!policy) {
    return fail(policy.error());
  }
  Preparation result;
  const bool names = options.action == Action::dry_run || options.verbosity == Verbosity::verbose;
  result.gpus = discover_gpus(*root, *policy, names);
  result.supported = std::any_of(result.gpus.begin(), result.gpus.end(),
                                 [](const Gpu& gpu) { return gpu.supported; });
  Machine machine;
  if (result.supported || !options.layer.simulated.empty()) {
    machine = launch_facts(*root, result.gpus);
  }
  if (result.supported && options.planned) {
    plan_environment(*root, *policy, options, machine, result);
  }
  if (const auto hidden = unreadable_gpus(*root); hidden && !result.supported) {
    // The command still runs, as on a machine without a GPU, but with a message.
    result.environment.advice.push_back({"", to_string(*hidden), "", /*urgent=*/true});
  }
  result.layered = result.supported && options.layer.enabled;
  if (auto respected = respect_link_order(options, machine, result); !respected) {
    return fail(std::move(respected.error()));
  }
  Options completed = options;
  completed.layer.enabled = result.layered;
  if (result.layered) {
    auto added = added_communicators(*root);
    if (!added) {
      return fail(added.error());
    }
    completed.layer.added_communicators = std::move(*added);
  }
  auto preload = plan_preload(completed, result.supported);
  if (!preload) {
    return fail(preload.error());
  }
  result.preload = std::move(*preload);
  append(result.environment.set, result.preload.changes);
  append(result.environment.warnings, result.preload.warnings);
  return result;
}

bool is_supervised(const Options& options, const Preparation& preparation) {
  return preparation.supported || !options.layer.simulated.empty() ||
         options.supervision.retries > 0 || options.supervision.hang_after.watched();
}

}  // namespace rocmfix::run
