// SPDX-License-Identifier: MIT
// The rows of the plan about amdgpu's parameters, as far as something harmful is set.
#include "doctor/check.hpp"
#include "rocmfix/plan.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

Finding harmful(const PlanRow& row) {
  Finding finding;
  finding.verdict = CheckVerdict::warning;
  const std::string value = row.current.value_or(row.configured.value_or(""));
  finding.summary = formatted("amdgpu.{}={} does harm here", row.name, value);
  if (row.current) {
    finding.evidence.push_back(
        formatted("/sys/module/amdgpu/parameters/{}: {}", row.name, *row.current));
  }
  if (row.configured) {
    finding.evidence.push_back(formatted("the next boot sets {}={}", row.name, *row.configured));
  }
  finding.remedy =
      sentence(row.reason) + " Remove the option where it is set: the plan names its file.";
  finding.command = "rocmfix plan";
  finding.source = row.source;
  return finding;
}

// What is in force, where the profile would leave it alone: the plan's row is then about it.
bool does_harm(const PlanRow& row) {
  return row.layer == Layer::module && !row.proposed && !row.advice &&
         row.effect == Effect::harmful;
}

}  // namespace

Findings driver_parameters(const Subject& subject) {
  Findings findings;
  const Plan plan = make_plan(subject.machine, subject.policy,
                              {.profile = Profile::safe, .only = Layer::module, .all = false});
  for (const PlanRow& row : plan.settings) {
    if (does_harm(row)) {
      findings.push_back(harmful(row));
    } else if (row.layer == Layer::module && row.proposed && !subject.options_error &&
               (!row.configured || !same_value(*row.configured, *row.proposed))) {
      Finding finding;
      finding.verdict = CheckVerdict::note;
      finding.summary = formatted("{}={} is proposed and not set", row.name, *row.proposed);
      finding.remedy = sentence(row.reason);
      finding.command = "sudo rocmfix apply";
      finding.source = row.source;
      findings.push_back(std::move(finding));
    }
  }
  if (findings.empty() && subject.options_error) {
    Finding finding;
    finding.summary = "what modprobe would set cannot be read";
    findings.push_back(std::move(finding));
  } else if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = "no parameter is set that does harm here";
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
