// SPDX-License-Identifier: MIT
// llama.cpp, Ollama and whisper.cpp run on these cards through Vulkan, too, which needs no code for
// the card: the answer where their ROCm library has none.
#include <algorithm>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "rocmfix/builds.hpp"
#include "software/lookup.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

/// By the library with its GPU code, else by the program's name: "llama-server".
const Framework* framework_of(const Builds& builds, const Software& software) {
  for (const CarriedCode& library : software.libraries) {
    if (const Framework* const found = builds.framework_of_library(library.path)) {
      return found;
    }
  }
  const std::string name = file_name(software.program);
  if (const Framework* const found = builds.framework(name)) {
    return found;
  }
  return builds.framework(name.substr(0, name.find('-')));
}

bool runs_on(const Software& software, std::string_view gfx) {
  return std::any_of(software.libraries.begin(), software.libraries.end(),
                     [&](const CarriedCode& library) {
                       return library.decides && runs_on(library.targets, library.fallbacks, gfx);
                     });
}

}  // namespace

Findings better_route(const Subject& subject) {
  const Software& software = subject.circumstances.program.software;
  const auto loaded = Builds::load(subject.root);
  const Builds builds = loaded ? *loaded : Builds::built_in();
  const Framework* const framework = framework_of(builds, software);
  const bool known =
      software.state == SoftwareState::known || software.state == SoftwareState::none;
  if (framework == nullptr || !known) {
    return {};
  }
  Findings findings;
  for (const EffectiveTarget& target : effective_targets(subject.machine)) {
    const auto choices =
        builds_for(builds, *target.gpu.gfx, *framework, surroundings_of(subject.root));
    const auto vulkan = std::find_if(choices.begin(), choices.end(), [](const BuildChoice& one) {
      return one.usable() && one.fits && one.build->route == BuildRoute::vulkan;
    });
    if (vulkan == choices.end()) {
      continue;
    }
    Finding finding;
    finding.gpu = target.gpu.bdf;
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("{} has code for {} through ROCm", framework->title, target.text());
    if (!runs_on(software, target.gfx)) {
      finding.verdict = CheckVerdict::note;
      finding.summary = formatted("{} can use {} through Vulkan", framework->title,
                                  target.gpu.name.value_or(*target.gpu.gfx));
      finding.remedy =
          formatted("{}: it needs no code for {}.", vulkan->build->title, *target.gpu.gfx);
      finding.command = vulkan->command;
      finding.grade = vulkan->build->grade;
      finding.source = vulkan->build->source;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
