// SPDX-License-Identifier: MIT
// What `rocmfix verify` says, in one line.
#include <algorithm>

#include "doctor/check.hpp"
#include "rocmfix/verify.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

/// The plan's own rows are the business of the check driver-parameters.
bool is_about_the_build(const Check& check) {
  return !check.id.starts_with("modprobe.") && check.id != "module.parameters";
}

bool is_switched_off(const Driver& driver) {
  if (driver.variant() == Variant::livepatch) {
    return driver.livepatch.state == LivepatchState::disabled;
  }
  if (!driver.loaded) {
    return false;
  }
  const auto found = driver.loaded->parameters.find("rocmfix");
  return found != driver.loaded->parameters.end() && same_value(found->second, "0");
}

/// A hint of verify's can be a whole sentence.
bool is_command(std::string_view hint) {
  return (hint.starts_with("sudo ") || hint.starts_with("rocmfix ")) &&
         hint.find(", ") == std::string_view::npos && hint.find("; ") == std::string_view::npos;
}

void advise(const Check& failed, Finding& finding) {
  finding.summary = failed.detail;
  finding.remedy = "rocmfix's driver changes are not in force; the stock driver works as before.";
  if (is_command(failed.hint)) {
    finding.command = failed.hint;
  } else {
    finding.remedy += failed.hint.empty() ? "" : formatted(" {}", sentence(failed.hint));
    finding.command = "rocmfix verify";
  }
}

}  // namespace

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
  const Check* failed = nullptr;
  for (const Check& check : verification.checks) {
    if (check.ok == true || !is_about_the_build(check)) {
      continue;
    }
    finding.evidence.push_back(
        formatted("{}: {}{}", check.id, check.ok ? "" : "not known: ", check.detail));
    failed = failed == nullptr && check.ok ? &check : failed;
  }
  if (failed == nullptr) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = driver.variant() == Variant::livepatch
                          ? "the livepatch is installed and in force"
                          : "rocmfix's amdgpu is installed and loaded";
    return {finding};
  }
  advise(*failed, finding);
  // Somebody wanted it so.
  finding.verdict = is_switched_off(driver) ? CheckVerdict::note : CheckVerdict::warning;
  return {finding};
}

}  // namespace rocmfix::detail
