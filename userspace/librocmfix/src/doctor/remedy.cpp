// SPDX-License-Identifier: MIT
#include "doctor/remedy.hpp"

#include <algorithm>

#include "rocmfix/builds.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

/// Where the program's own Python gets it.
Surroundings surroundings(const Subject& subject) {
  const ProgramFacts& program = subject.circumstances.program;
  Surroundings here = surroundings_of_program(subject.root, program.interpreter, {});
  if (!program.python_version.empty()) {
    here.python = program.python_version.substr(0, program.python_version.find('t'));
  }
  return here;
}

Builds load(const Subject& subject) {
  auto builds = Builds::load(subject.root);
  return builds ? std::move(*builds) : Builds::built_in();
}

Remedy remedy_of(const BuildChoice& choice, std::string_view gfx) {
  Remedy remedy;
  const Build& build = *choice.build;
  remedy.text = build.route == BuildRoute::vulkan
                    ? formatted("{}: it needs no code for {}.", build.title, gfx)
                    : formatted("{}: it has code for {}.", build.title, gfx);
  if (choice.card->need == OverrideNeed::required) {
    remedy.text = formatted("{}: it works with HSA_OVERRIDE_GFX_VERSION={}.", build.title,
                            choice.card->value);
  }
  for (const std::string& condition : choice.conditions) {
    remedy.text += " " + sentence(condition);
  }
  remedy.command = choice.command;
  return remedy;
}

/// Of the release that is installed, when there is one for the card: what lacks is then all that
/// pip gets.
std::optional<BuildChoice> same_release(const Subject& subject,
                                        const std::vector<BuildChoice>& choices) {
  const auto& torch = subject.circumstances.program.torch;
  if (!torch || torch->version.empty()) {
    return std::nullopt;
  }
  const std::string wanted = "==" + torch->version;
  const auto found = std::find_if(choices.begin(), choices.end(), [&](const BuildChoice& choice) {
    const Strings list = choice.build->requirements;
    return choice.on_gpu() && choice.fits &&
           std::any_of(list.begin(), list.end(),
                       [&](std::string_view one) { return one.ends_with(wanted); });
  });
  return found == choices.end() ? std::nullopt : std::optional(*found);
}

Remedy best(const Subject& subject, std::string_view gfx, const Builds& builds,
            const Framework* framework) {
  if (framework == nullptr) {
    return {formatted("Another build of the program is needed, with code for {}.", gfx), {}};
  }
  const Surroundings here = surroundings(subject);
  for (const Framework* one = framework; one != nullptr;
       one = one->alternative.empty() ? nullptr : builds.framework(one->alternative)) {
    if (const auto choice = same_release(subject, builds_for(builds, gfx, *one, here))) {
      return remedy_of(*choice, gfx);
    }
    if (const auto choice = best_build(builds, gfx, *one, here)) {
      return remedy_of(*choice, gfx);
    }
    if (one->alternative == framework->name) {
      break;
    }
  }
  return {formatted("No build of {} with code for {} is known that fits here; all that is known:",
                    framework->title, gfx),
          formatted("rocmfix recommend --for {}", framework->name)};
}

}  // namespace

Remedy build_for_library(const Subject& subject, std::string_view gfx, std::string_view library) {
  const Builds builds = load(subject);
  return best(subject, gfx, builds, builds.framework_of_library(library));
}

Remedy build_of(const Subject& subject, std::string_view gfx, std::string_view framework) {
  const Builds builds = load(subject);
  return best(subject, gfx, builds, builds.framework(framework));
}

Remedy remedy_of_reason(const std::string& reason) {
  constexpr std::string_view marker = "Type: ";
  const auto at = reason.find(marker);
  if (at == std::string::npos) {
    return {sentence(reason), {}};
  }
  const std::string line = reason.substr(at + marker.size());
  const auto comma = line.find(", ");
  if (comma != std::string::npos) {
    return {sentence(reason), line.substr(0, comma)};
  }
  std::string text = reason.substr(0, at);
  text.erase(text.find_last_not_of(' ') + 1);
  while (!text.empty() && text.back() == '.') {
    text.pop_back();
  }
  return {sentence(std::move(text)), line};
}

Remedy override_remedy(const Subject& subject) {
  for (const PlanRow& row : environment_plan(subject).settings) {
    if (!row.name.starts_with("HSA_OVERRIDE_GFX_VERSION")) {
      continue;
    }
    if (row.current && row.effect == Effect::harmful) {
      return remedy_of_reason(row.reason);
    }
    if (!row.current && row.proposed) {
      return {sentence(row.reason) + " rocmfix-run sets it for the program alone.",
              formatted("export {}={}", row.name, *row.proposed)};
    }
    if (row.advice && row.effect == Effect::harmful &&
        row.reason.find("Type: ") != std::string::npos) {
      return remedy_of_reason(row.reason);
    }
  }
  return {};
}

Plan environment_plan(const Subject& subject) {
  return make_plan(subject.machine, subject.policy,
                   {.profile = Profile::safe, .only = Layer::environment});
}

}  // namespace rocmfix::detail
