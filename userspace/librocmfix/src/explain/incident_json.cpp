// SPDX-License-Identifier: MIT
// Schema 1 of `rocmfix explain --json`. Field order is as documented; what does not apply is left
// out.

#include <nlohmann/json.hpp>

#include "rocmfix/incident.hpp"
#include "rocmfix/printable.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using Json = nlohmann::ordered_json;

template <class T>
void put(Json& object, const char* name, const std::optional<T>& value) {
  if (value) {
    object[name] = *value;
  }
}

Json event_object(const FaultEvent& event) {
  Json object = {{"type", to_string(event.type)}, {"line", event.line}};
  put(object, "time", event.time);
  put(object, "bdf", event.bdf);
  if (event.address) {
    object["address"] = formatted("0x{:x}", *event.address);
  }
  put(object, "reason", event.reason);
  put(object, "client", event.client);
  if (event.rw) {
    object["rw"] = *event.rw == Access::write ? "write" : "read";
  }
  put(object, "more_faults", event.more_faults);
  put(object, "walker_error", event.walker_error);
  put(object, "permission_faults", event.permission_faults);
  put(object, "mapping_error", event.mapping_error);
  put(object, "vmid", event.vmid);
  put(object, "pasid", event.pasid);
  if (event.ring) {
    std::visit([&](const auto& ring) { object["ring"] = ring; }, *event.ring);
  }
  put(object, "process", event.process);
  put(object, "pid", event.pid);
  put(object, "node", event.node);
  object["count"] = event.count;
  return object;
}

Json cause_object(const ProbableCause& cause) {
  Json evidence = Json::array();
  for (const EvidenceLine& line : cause.evidence) {
    evidence.push_back(line.text);
  }
  return {{"id", cause.rule->id},
          {"confidence", to_string(cause.confidence)},
          {"evidence", std::move(evidence)},
          {"check", cause.rule->check},
          {"remedy", cause.rule->remedy},
          {"grade", cause.rule->grade},
          {"source", cause.rule->source}};
}

}  // namespace

std::string incident_json(const LogIncident& incident) {
  Json events = Json::array();
  for (const FaultEvent& event : incident.events) {
    events.push_back(event_object(event));
  }
  Json causes = Json::array();
  for (const ProbableCause& cause : incident.causes) {
    causes.push_back(cause_object(cause));
  }
  const Json document = {{"events", std::move(events)}, {"causes", std::move(causes)}};
  return printable_json(document.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string incidents_json_begin() {
  return "{\n  \"schema\": 1,\n  \"incidents\": [";
}

std::string incidents_json_item(const LogIncident& incident, bool first) {
  std::string text = first ? "\n    " : ",\n    ";
  for (const char c : incident_json(incident)) {
    text += c;
    if (c == '\n') {
      text += "    ";
    }
  }
  return text;
}

std::string incidents_json_end() {
  return "\n  ]\n}\n";
}

}  // namespace rocmfix
