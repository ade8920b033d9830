// SPDX-License-Identifier: MIT
// HSA_OVERRIDE_GFX_VERSION as the user has set it, judged by settings.toml.
#include "doctor/check.hpp"
#include "doctor/remedy.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view variable = "HSA_OVERRIDE_GFX_VERSION";

Finding judged(const PlanRow& row) {
  Finding finding;
  const std::string set = formatted("{}={}", row.name, *row.current);
  Remedy remedy = remedy_of_reason(row.reason);
  finding.evidence = {formatted("the environment: {}", set)};
  finding.source = row.source;
  switch (row.effect) {
    case Effect::harmful:
      finding.verdict = CheckVerdict::problem;
      finding.summary = formatted("{} is wrong here", set);
      break;
    case Effect::useful:
      finding.verdict = CheckVerdict::ok;
      finding.summary = formatted("{} is right for this program", set);
      break;
    case Effect::no_op:
      finding.verdict = CheckVerdict::note;
      finding.summary = formatted("{} is not needed", set);
      remedy.command = remedy.command.empty() ? formatted("unset {}", row.name) : remedy.command;
      break;
    case Effect::unknown:
      finding.verdict = CheckVerdict::unknown;
      finding.summary = formatted("whether {} is right is not known", set);
      break;
  }
  finding.remedy = std::move(remedy.text);
  finding.command = std::move(remedy.command);
  return finding;
}

}  // namespace

Findings isa_override(const Subject& subject) {
  Findings findings;
  for (const PlanRow& row : environment_plan(subject).settings) {
    if (row.name.starts_with(variable) && row.current) {
      findings.push_back(judged(row));
    }
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("{} is not set", variable);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
