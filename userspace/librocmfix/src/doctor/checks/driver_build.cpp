// SPDX-License-Identifier: MIT
// What `rocmfix verify` says, in one line.
#include <algorithm>

#include "doctor/check.hpp"
#include "rocmfix/verify.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

Findings driver_build(const Subject& subject) {
  const Driver& driver = subject.machine.driver;
  Finding finding;
  if (!driver.variant() && !subject.root.exists("/var/lib/rocmfix/builds")) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = "the stock driver; rocmfix-dkms is not installed";
    return {finding};
  }
  const Plan plan =
      make_plan(subject.machine, subject.policy, {.profile = Profile::safe, .only = Layer::module});
  const Verification verification = verify_machine(subject.root, subject.machine, plan);
  for (const Check& check : verification.checks) {
    // The plan's own rows are another check's.
    if (check.ok != false || check.id.starts_with("modprobe.")) {
      continue;
    }
    finding.evidence.push_back(formatted("{}: {}", check.id, check.detail));
    if (finding.command.empty()) {
      finding.command = check.hint;
    }
  }
  finding.verdict = finding.evidence.empty() ? CheckVerdict::ok : CheckVerdict::warning;
  if (finding.evidence.empty()) {
    finding.summary = driver.variant() == Variant::livepatch
                          ? "the livepatch is installed and in force"
                          : "rocmfix's amdgpu is installed and loaded";
  } else {
    finding.summary = finding.evidence.front();
    finding.remedy = "rocmfix's driver changes are not in force; `rocmfix verify` has each step.";
  }
  return {finding};
}

}  // namespace rocmfix::detail
