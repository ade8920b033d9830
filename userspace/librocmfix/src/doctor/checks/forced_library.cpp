// SPDX-License-Identifier: MIT
// Variables that ask for hipBLASLt or composable_kernel, which ROCm builds for no RDNA1 or RDNA2
// card.
#include <algorithm>
#include <array>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "software/lookup.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

struct Force {
  std::string_view variable;
  std::string_view what;
  std::string_view library;  ///< its file; empty: it is a part of others
};

constexpr std::array forces = std::to_array<Force>({
    {"TORCH_BLAS_PREFER_HIPBLASLT", "hipBLASLt", "libhipblaslt.so"},
    {"ROCBLAS_USE_HIPBLASLT", "hipBLASLt", "libhipblaslt.so"},
    {"TORCH_ROCM_FA_PREFER_CK", "composable_kernel", ""},
});

/// A build of somebody's own may have it.
bool has_code(const Subject& subject, const Force& force) {
  const auto targets = effective_targets(subject.machine);
  const auto& libraries = subject.circumstances.program.software.libraries;
  return !force.library.empty() && !targets.empty() &&
         std::any_of(libraries.begin(), libraries.end(), [&](const CarriedCode& library) {
           return file_name(library.path).starts_with(force.library) &&
                  std::all_of(targets.begin(), targets.end(), [&](const EffectiveTarget& target) {
                    return runs_on(library.targets, library.fallbacks, target.gfx);
                  });
         });
}

bool is_off(const std::string& value) {
  return value.empty() || value == "0" || value == "false" || value == "OFF" || value == "off";
}

}  // namespace

Findings forced_library(const Subject& subject) {
  Findings findings;
  const Environment& environment = subject.circumstances.environment;
  for (const Force& force : forces) {
    const auto set = environment.find(force.variable);
    if (set == environment.end() || is_off(set->second) || has_code(subject, force)) {
      continue;
    }
    Finding finding;
    finding.verdict = CheckVerdict::warning;
    finding.summary = formatted("{}={} asks for {}, which has no code for this card",
                                force.variable, set->second, force.what);
    finding.evidence = {formatted("the environment: {}={}", force.variable, set->second)};
    finding.remedy = "Programs that honour it fail or warn; rocBLAS is what these cards use.";
    finding.command = formatted("unset {}", force.variable);
    findings.push_back(std::move(finding));
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = "no library is forced that has no code for this card";
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
