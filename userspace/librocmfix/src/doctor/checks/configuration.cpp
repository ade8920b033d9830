// SPDX-License-Identifier: MIT
// Whether the files that everything else goes by can be read.
#include "doctor/check.hpp"

namespace rocmfix::detail {

namespace {

Finding unreadable(const Error& error, const char* effect) {
  Finding finding;
  finding.verdict = CheckVerdict::warning;
  finding.summary = to_string(error);
  finding.remedy = effect;
  if (!error.hint.empty()) {
    finding.remedy += " " + sentence(error.hint);
  }
  return finding;
}

}  // namespace

Findings configuration(const Subject& subject) {
  Findings findings;
  if (subject.gpus_error) {
    findings.push_back(unreadable(*subject.gpus_error, "A supported GPU may be there."));
    findings.back().verdict = CheckVerdict::problem;
  }
  if (subject.policy_error) {
    findings.push_back(
        unreadable(*subject.policy_error, "All verdicts are those of the built-in tables."));
  }
  if (subject.options_error) {
    findings.push_back(
        unreadable(*subject.options_error, "What the next boot sets for amdgpu is not known."));
  }
  if (!subject.machine.unreadable.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::unknown;
    finding.summary = "some files could not be read, so what looks absent may be there";
    finding.evidence = subject.machine.unreadable;
    finding.remedy = "As root they can be read.";
    finding.command = "sudo rocmfix doctor";
    findings.push_back(std::move(finding));
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = "every file could be read";
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
