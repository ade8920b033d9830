// SPDX-License-Identifier: MIT
#include "explain/incident_causes.hpp"

#include <algorithm>

#include "explain/cause_keys.hpp"

namespace rocmfix {

std::vector<ProbableCause> probable_causes(const std::vector<FaultEvent>& events,
                                           std::span<const FaultCause> causes,
                                           const FaultFacts& facts, std::uint64_t until) {
  std::vector<ProbableCause> probable;
  IncidentFacts incident(events, facts, until);
  for (const FaultCause& cause : causes) {
    for (const CauseMatch& match : cause.matches) {
      if (auto evidence = incident.support(match.when)) {
        probable.push_back({&cause, match.confidence, std::move(*evidence)});
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
