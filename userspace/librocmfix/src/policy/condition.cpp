// SPDX-License-Identifier: MIT
// Evaluates the `when` of policy entries. What is unknown never holds.
#include "policy/condition.hpp"

#include <algorithm>

#include "policy/override_value.hpp"
#include "util/kernel_version.hpp"

namespace rocmfix {

namespace {

using Gpus = std::span<const Gpu>;

bool is_one_of(std::string_view value, Strings values) {
  return std::any_of(values.begin(), values.end(),
                     [&](std::string_view item) { return same_value(value, item); });
}

bool any_family(Gpus gpus, Strings families) {
  return std::any_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.supported && is_one_of(to_string(gpu.family), families);
  });
}

bool any_gfx(Gpus gpus, Strings targets) {
  return std::any_of(gpus.begin(), gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && is_one_of(*gpu.gfx, targets); });
}

bool all_gfx(Gpus gpus, Strings targets) {
  return !gpus.empty() && std::all_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.gfx && is_one_of(*gpu.gfx, targets);
  });
}

bool any_gfx_but(Gpus gpus, Strings targets) {
  return std::any_of(gpus.begin(), gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && !is_one_of(*gpu.gfx, targets); });
}

// Whether some supported GPU has a large BAR; unknown while none has and one is unknown.
std::optional<bool> large_bar(Gpus gpus) {
  bool unknown = false;
  for (const Gpu& gpu : gpus) {
    if (!gpu.supported) {
      continue;
    }
    if (gpu.large_bar.value_or(false)) {
      return true;
    }
    unknown = unknown || !gpu.large_bar;
  }
  return unknown ? std::nullopt : std::optional(false);
}

bool kernel_holds(const Condition& when, const Machine& machine) {
  if (when.kernel_below.empty() && when.kernel_at_least.empty()) {
    return true;
  }
  if (!machine.driver.kernel_release) {
    return false;
  }
  const std::string& kernel = *machine.driver.kernel_release;
  if (!when.kernel_below.empty()) {
    const auto order = compare_kernels(kernel, when.kernel_below);
    if (!order || std::is_gteq(*order)) {
      return false;
    }
  }
  if (!when.kernel_at_least.empty()) {
    const auto order = compare_kernels(kernel, when.kernel_at_least);
    if (!order || std::is_lt(*order)) {
      return false;
    }
  }
  return true;
}

bool memory_holds(const Condition& when, const Machine& machine) {
  if (when.ram_above_mib == 0 && when.ram_at_most_mib == 0) {
    return true;
  }
  if (!machine.ram_mib) {
    return false;
  }
  return (when.ram_above_mib == 0 || *machine.ram_mib > when.ram_above_mib) &&
         (when.ram_at_most_mib == 0 || *machine.ram_mib <= when.ram_at_most_mib);
}

bool values_hold(const Condition& when, const ConditionFacts& facts) {
  return (when.value.empty() || (facts.value && is_one_of(*facts.value, when.value))) &&
         (when.configured.empty() ||
          (facts.configured && is_one_of(*facts.configured, when.configured)));
}

bool gpus_hold(const Condition& when, Gpus gpus) {
  return (when.any_family.empty() || any_family(gpus, when.any_family)) &&
         (when.any_gfx.empty() || any_gfx(gpus, when.any_gfx)) &&
         (when.all_gfx.empty() || all_gfx(gpus, when.all_gfx)) &&
         (when.any_gfx_but.empty() || any_gfx_but(gpus, when.any_gfx_but)) &&
         (!when.has_gpu || *when.has_gpu == !gpus.empty()) &&
         (!when.large_bar || large_bar(gpus) == when.large_bar);
}

template <class Predicate>
bool every_target(Gpus gpus, Predicate predicate) {
  return !gpus.empty() && std::all_of(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return gpu.gfx && predicate(*gpu.gfx);
  });
}

/// nullopt while it is unknown what a GPU is.
template <class Predicate>
std::optional<bool> told_of_every_gpu(Gpus gpus, Predicate predicate) {
  const bool known = every_target(gpus, [](const std::string& /*gfx*/) { return true; });
  return known ? std::optional(every_target(gpus, predicate)) : std::nullopt;
}

bool software_holds(const Condition& when, const ConditionFacts& facts) {
  const Software& software = facts.machine.software;
  const auto carries = [&](std::string_view gfx) { return software.carries(gfx); };
  const auto lacks = [&](std::string_view gfx) { return software.lacks(gfx); };
  return (when.software.empty() || is_one_of(to_string(software.state), when.software)) &&
         std::all_of(when.carries.begin(), when.carries.end(), carries) &&
         (when.lacks_gfx.empty() || std::any_of(facts.gpus.begin(), facts.gpus.end(),
                                                [&](const Gpu& gpu) {
                                                  return gpu.gfx && software.lacks(*gpu.gfx) &&
                                                         is_one_of(*gpu.gfx, when.lacks_gfx);
                                                })) &&
         (!when.carries_gpus || (software.state == SoftwareState::known &&
                                 told_of_every_gpu(facts.gpus, carries) == when.carries_gpus)) &&
         (!when.lacks_gpus || (software.state == SoftwareState::known &&
                               told_of_every_gpu(facts.gpus, lacks) == when.lacks_gpus));
}

bool target_holds(const Condition& when, const ConditionFacts& facts) {
  if (!when.target_named && when.target.empty() && !when.target_own && !when.target_same_major &&
      !when.target_carried) {
    return true;
  }
  if (!facts.value) {
    return false;
  }
  const auto target = target_of_override(std::string(*facts.value));
  if (when.target_named && *when.target_named != target.has_value()) {
    return false;
  }
  if (!target) {
    return when.target.empty() && !when.target_own && !when.target_same_major &&
           !when.target_carried;
  }
  const Software& software = facts.machine.software;
  const auto is_own = [&](const std::string& gfx) { return gfx == *target; };
  const auto same_major = [&](const std::string& gfx) {
    return major_of_target(gfx) == major_of_target(*target);
  };
  return (when.target.empty() || is_one_of(*target, when.target)) &&
         (!when.target_own || told_of_every_gpu(facts.gpus, is_own) == when.target_own) &&
         (!when.target_same_major ||
          told_of_every_gpu(facts.gpus, same_major) == when.target_same_major) &&
         (!when.target_carried || (software.state == SoftwareState::known &&
                                   software.carries(*target) == *when.target_carried));
}

}  // namespace

bool holds(const Condition& when, const ConditionFacts& facts) {
  return may_hold(when, facts) && software_holds(when, facts) && target_holds(when, facts);
}

bool may_hold(const Condition& when, const ConditionFacts& facts) {
  return values_hold(when, facts) && gpus_hold(when, facts.gpus) &&
         (when.lacks_gfx.empty() || any_gfx(facts.gpus, when.lacks_gfx)) &&
         (!when.patched || facts.machine.driver.patched() == *when.patched) &&
         (!when.forced || facts.forced == *when.forced) && kernel_holds(when, facts.machine) &&
         memory_holds(when, facts.machine);
}

bool asks_for_software(const Condition& when) {
  return !when.software.empty() || !when.carries.empty() || !when.lacks_gfx.empty() ||
         when.carries_gpus || when.lacks_gpus || when.target_carried;
}

}  // namespace rocmfix
