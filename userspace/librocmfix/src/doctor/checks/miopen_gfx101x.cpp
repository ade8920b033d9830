// SPDX-License-Identifier: MIT
// What is known not to work in PyTorch through MIOpen on RX 5000 cards: builds.toml has the list.
#include <algorithm>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "rocmfix/builds.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

Findings miopen_gfx101x(const Subject& subject) {
  const ProgramFacts& program = subject.circumstances.program;
  if (!program.torch || program.torch->hip.value_or("").empty()) {
    return {};
  }
  const auto loaded = Builds::load(subject.root);
  const Builds builds = loaded ? *loaded : Builds::built_in();
  const Framework* const pytorch = builds.framework("pytorch");
  Findings findings;
  for (const EffectiveTarget& target : effective_targets(subject.machine)) {
    if (target.gpu.family != Family::rdna1 || pytorch == nullptr) {
      continue;
    }
    Finding finding;
    finding.verdict = CheckVerdict::note;
    finding.gpu = target.gpu.bdf;
    for (const BuildProblem& problem : pytorch->problems) {
      const bool here =
          std::find(problem.gfx.begin(), problem.gfx.end(), *target.gpu.gfx) != problem.gfx.end();
      if (here && problem.what.find("MIOpen") != std::string_view::npos) {
        finding.evidence.emplace_back(problem.what);
        finding.source = problem.source;
        finding.grade = problem.grade;
      }
    }
    if (!finding.evidence.empty()) {
      finding.summary =
          formatted("some operations through MIOpen are known to fail on {}", *target.gpu.gfx);
      finding.remedy =
          "Where a training faults in one of them, put torch.backends.cudnn.enabled = False after "
          "import torch: PyTorch then uses kernels of its own.";
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

}  // namespace rocmfix::detail
