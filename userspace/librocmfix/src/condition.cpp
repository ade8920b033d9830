// SPDX-License-Identifier: MIT
// Evaluates the `when` of policy entries. What is unknown never holds.
#include "condition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

namespace rocmfix {

namespace {

bool is_one_of(std::string_view value, Strings values) {
  return std::any_of(values.begin(), values.end(),
                     [&](std::string_view item) { return same_value(value, item); });
}

bool any_family(const Machine& machine, Strings families) {
  return std::any_of(machine.gpus.begin(), machine.gpus.end(), [&](const Gpu& gpu) {
    return gpu.supported && is_one_of(to_string(gpu.family), families);
  });
}

bool any_gfx(const Machine& machine, Strings targets) {
  return std::any_of(machine.gpus.begin(), machine.gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && is_one_of(*gpu.gfx, targets); });
}

bool all_gfx(const Machine& machine, Strings targets) {
  return !machine.gpus.empty() &&
         std::all_of(machine.gpus.begin(), machine.gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && is_one_of(*gpu.gfx, targets); });
}

bool any_gfx_but(const Machine& machine, Strings targets) {
  return std::any_of(machine.gpus.begin(), machine.gpus.end(),
                     [&](const Gpu& gpu) { return gpu.gfx && !is_one_of(*gpu.gfx, targets); });
}

// Whether some supported GPU has a large BAR; unknown while none has and one is unknown.
std::optional<bool> large_bar(const Machine& machine) {
  bool unknown = false;
  for (const Gpu& gpu : machine.gpus) {
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

bool gpus_hold(const Condition& when, const Machine& machine) {
  return (when.any_family.empty() || any_family(machine, when.any_family)) &&
         (when.any_gfx.empty() || any_gfx(machine, when.any_gfx)) &&
         (when.all_gfx.empty() || all_gfx(machine, when.all_gfx)) &&
         (when.any_gfx_but.empty() || any_gfx_but(machine, when.any_gfx_but)) &&
         (!when.large_bar || large_bar(machine) == when.large_bar);
}

}  // namespace

std::optional<std::strong_ordering> compare_kernels(std::string_view a, std::string_view b) {
  using Version = std::array<unsigned, 3>;
  const auto parse = [](std::string_view text) -> std::optional<Version> {
    Version version{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < version.size(); ++i) {
      const auto [stop, error] = std::from_chars(at, end, version[i]);
      if (error != std::errc{}) {
        return i == 0 ? std::nullopt : std::optional(version);
      }
      if (stop == end || *stop != '.') {
        break;
      }
      at = stop + 1;
    }
    return version;
  };
  const auto left = parse(a);
  const auto right = parse(b);
  if (!left || !right) {
    return std::nullopt;
  }
  return *left <=> *right;
}

bool holds(const Condition& when, const ConditionFacts& facts) {
  return values_hold(when, facts) && gpus_hold(when, facts.machine) &&
         (!when.patched || facts.machine.driver.patched() == *when.patched) &&
         (!when.forced || facts.forced == *when.forced) && kernel_holds(when, facts.machine) &&
         memory_holds(when, facts.machine);
}

}  // namespace rocmfix
