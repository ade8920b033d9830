// SPDX-License-Identifier: MIT
#include "doctor/effective_target.hpp"

#include "machine/visible_gpus.hpp"
#include "policy/override_value.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

std::string EffectiveTarget::text() const {
  if (variable.empty()) {
    return gfx;
  }
  return formatted("{} ({} with {}={})", gfx, *gpu.gfx, variable, value);
}

std::vector<EffectiveTarget> effective_targets(const Machine& machine) {
  constexpr std::string_view name = "HSA_OVERRIDE_GFX_VERSION";
  std::vector<EffectiveTarget> targets;
  for (const Gpu& gpu : visible_gpus(machine.gpus, machine.environment)) {
    if (!gpu.supported || !gpu.gfx) {
      continue;
    }
    EffectiveTarget target{gpu, *gpu.gfx, {}, {}};
    const Environment& environment = machine.environment;
    auto found = gpu.kfd_node ? environment.find(formatted("{}_{}", name, *gpu.kfd_node))
                              : environment.end();
    if (found == environment.end()) {
      found = environment.find(name);
    }
    if (found != environment.end()) {
      target.variable = found->first;
      target.value = found->second;
      target.gfx = target_of_override(target.value).value_or("");
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace rocmfix::detail
