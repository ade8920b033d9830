// SPDX-License-Identifier: MIT
#include "explain/incident_causes.hpp"

#include <algorithm>

#include "explain/cause_keys.hpp"

namespace rocmfix {

namespace {

// A remedy that the log shows in force is not proposed; what shows it is evidence, too.
void choose_remedy(IncidentFacts& incident, ProbableCause& probable) {
  for (const CauseRemedy& other : probable.rule->instead) {
    if (auto evidence = incident.support(other.when)) {
      probable.remedy = other.remedy;
      for (EvidenceLine& line : *evidence) {
        const auto known = [&](const EvidenceLine& one) {
          return one.number == line.number && one.text == line.text;
        };
        if (std::none_of(probable.evidence.begin(), probable.evidence.end(), known)) {
          probable.evidence.push_back(std::move(line));
        }
      }
      return;
    }
  }
}

}  // namespace

std::vector<ProbableCause> probable_causes(const std::vector<FaultEvent>& events,
                                           std::span<const FaultCause> causes,
                                           const FaultFacts& facts, std::uint64_t until) {
  std::vector<ProbableCause> probable;
  IncidentFacts incident(events, facts, until);
  for (const FaultCause& cause : causes) {
    for (const CauseMatch& match : cause.matches) {
      if (auto evidence = incident.support(match.when)) {
        probable.push_back({&cause, match.confidence, cause.remedy, std::move(*evidence)});
        choose_remedy(incident, probable.back());
        break;
      }
    }
  }
  std::stable_sort(
      probable.begin(), probable.end(),
      [](const ProbableCause& a, const ProbableCause& b) { return a.confidence > b.confidence; });
  return probable;
}

}  // namespace rocmfix
