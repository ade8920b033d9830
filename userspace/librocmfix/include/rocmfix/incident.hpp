// SPDX-License-Identifier: MIT
// Which events of a log belong together, and their possible causes. A cause is only named when the
// log has what its rule requires; an empty list of causes is a valid answer.
#pragma once

#include <string>
#include <vector>

#include "rocmfix/fault_event.hpp"
#include "rocmfix/fault_rules.hpp"

namespace rocmfix {

struct ProbableCause {
  const FaultCause* rule = nullptr;  ///< lives as long as the FaultRules it is from
  Confidence confidence = Confidence::possible;
  std::string_view remedy;  ///< the rule's, or what is left when the log has that in force
  std::vector<EvidenceLine> evidence;
};

struct LogIncident {
  std::vector<FaultEvent> events;     ///< by line
  std::vector<ProbableCause> causes;  ///< the most probable first
  std::uint64_t dropped = 0;          ///< events beyond what one incident keeps
};

/// One incident as a JSON object (schema 1), indented by two.
std::string incident_json(const LogIncident& incident);

/// The document around the objects, for writing them one by one as they are found.
std::string incidents_json_begin();
std::string incidents_json_item(const LogIncident& incident, bool first);
std::string incidents_json_end();

}  // namespace rocmfix
