// SPDX-License-Identifier: MIT
// PyTorch's TunableOp tries many kernels at run time, and some fault on these cards; looking up the
// results of an earlier search does not.
#include "doctor/check.hpp"
#include "doctor/remedy.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

Findings tunable_op(const Subject& subject) {
  constexpr std::string_view variable = "PYTORCH_TUNABLEOP_ENABLED";
  const Environment& environment = subject.circumstances.environment;
  Finding finding;
  finding.verdict = CheckVerdict::ok;
  finding.summary = "TunableOp is off";
  for (const PlanRow& row : environment_plan(subject).settings) {
    if (row.name != variable || !row.current || row.effect != Effect::harmful) {
      continue;
    }
    const auto tuning = environment.find("PYTORCH_TUNABLEOP_TUNING");
    finding.evidence = {formatted("the environment: {}={}", variable, *row.current)};
    finding.source = row.source;
    if (tuning != environment.end() && tuning->second == "0") {
      finding.evidence.push_back(formatted("the environment: {}=0", tuning->first));
      finding.summary = "TunableOp looks up earlier results and tries no kernels";
      continue;
    }
    finding.verdict = CheckVerdict::warning;
    finding.summary = "TunableOp is on, and tries kernels while the program runs";
    finding.remedy = sentence(row.reason) +
                     " With PYTORCH_TUNABLEOP_TUNING=0 it uses the results of an earlier search, "
                     "which is not known to do harm.";
    finding.command = formatted("unset {}", variable);
  }
  return {finding};
}

}  // namespace rocmfix::detail
