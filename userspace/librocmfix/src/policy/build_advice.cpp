// SPDX-License-Identifier: MIT
// The command that gets a program with code for the card, for the rows of a plan that say that this
// one has none. builds.toml is looked at in that case only.
#include <algorithm>
#include <utility>

#include "machine/visible_gpus.hpp"
#include "rocmfix/builds.hpp"
#include "rocmfix/plan.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

/// The first GPU of the process that no code of the program's own is for; nullopt: there is none.
std::optional<std::string> unserved_target(const Machine& machine) {
  for (const Gpu& gpu : visible_gpus(machine.gpus, machine.environment)) {
    if (gpu.supported && gpu.gfx && machine.software.lacks(*gpu.gfx)) {
      return gpu.gfx;
    }
  }
  return std::nullopt;
}

/// The framework of the first library that decides, and the library's path.
std::pair<const Framework*, std::string> framework_of(const Builds& builds,
                                                      const Software& software) {
  for (const CarriedCode& library : software.libraries) {
    const Framework* const found =
        library.decides ? builds.framework_of_library(library.path) : nullptr;
    if (found != nullptr) {
      return {found, library.path};
    }
  }
  return {nullptr, {}};
}

}  // namespace

void add_build_advice(Plan& plan, const Root& root, const Machine& machine) {
  const auto row = std::find_if(plan.settings.begin(), plan.settings.end(), [](const PlanRow& one) {
    return one.advice && one.effect == Effect::harmful && one.layer == Layer::environment;
  });
  const auto gfx = row == plan.settings.end() ? std::nullopt : unserved_target(machine);
  if (!gfx) {
    return;
  }
  // A broken table of the administrator's is not what a launch stops at.
  auto loaded = Builds::load(root);
  const Builds builds = loaded ? std::move(*loaded) : Builds::built_in();
  const auto [framework, library] = framework_of(builds, machine.software);
  if (framework == nullptr) {
    return;
  }
  const auto best = best_build(builds, *gfx, *framework,
                               surroundings_of_program(root, machine.software.program, library));
  if (best) {
    row->command = best->command;
  } else {
    row->reason +=
        formatted(", and no build of {} that runs on the GPU is known", framework->title);
  }
}

}  // namespace rocmfix
