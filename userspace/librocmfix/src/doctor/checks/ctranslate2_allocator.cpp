// SPDX-License-Identifier: MIT
// CTranslate2 (faster-whisper) allocates through hipMallocAsync unless it is told otherwise.
#include <algorithm>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "rocmfix/builds.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

Findings ctranslate2_allocator(const Subject& subject) {
  constexpr std::string_view variable = "CT2_CUDA_ALLOCATOR";
  constexpr std::string_view right = "cub_caching";
  const auto loaded = Builds::load(subject.root);
  const Builds builds = loaded ? *loaded : Builds::built_in();
  const Framework* const framework = builds.framework("ctranslate2");
  const auto& libraries = subject.circumstances.program.software.libraries;
  const auto library =
      std::find_if(libraries.begin(), libraries.end(), [&](const CarriedCode& one) {
        return framework != nullptr && builds.framework_of_library(one.path) == framework;
      });
  if (library == libraries.end()) {
    return {};
  }
  const auto targets = effective_targets(subject.machine);
  const auto known = std::find_if(
      framework->problems.begin(), framework->problems.end(), [&](const BuildProblem& problem) {
        return problem.what.find(variable) != std::string_view::npos &&
               std::any_of(targets.begin(), targets.end(), [&](const EffectiveTarget& target) {
                 return std::find(problem.gfx.begin(), problem.gfx.end(), *target.gpu.gfx) !=
                        problem.gfx.end();
               });
      });
  Finding finding;
  finding.evidence = {formatted("{} is loaded", library->path)};
  const Environment& environment = subject.circumstances.environment;
  const auto set = environment.find(variable);
  if (set != environment.end()) {
    finding.evidence.push_back(formatted("the environment: {}={}", variable, set->second));
  }
  if (known == framework->problems.end() || (set != environment.end() && set->second == right)) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = "nothing is known against CTranslate2's allocator here";
    return {finding};
  }
  finding.verdict = CheckVerdict::warning;
  finding.summary = formatted("CTranslate2 runs without {}={}", variable, right);
  finding.remedy = sentence(std::string(known->what));
  finding.command = formatted("export {}={}", variable, right);
  finding.grade = known->grade;
  finding.source = known->source;
  return {finding};
}

}  // namespace rocmfix::detail
