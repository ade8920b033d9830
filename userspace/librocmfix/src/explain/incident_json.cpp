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

Json event_object(const FaultEvent& event) {
  Json object = {{"type", event.type->name}, {"what", event.type->text}};
  if (!event.type->kind.empty()) {
    object["kind"] = event.type->kind;
  }
  if (event.type->consequence) {
    object["consequence"] = true;
  }
  object["line"] = event.line;
  if (event.time) {
    object["time"] = *event.time;
  }
  for (const FieldRule& rule : fault_fields) {
    const auto& value = event[rule.field];
    if (value && rule.form == FieldForm::address) {
      object[std::string(rule.name)] = formatted("0x{:x}", std::get<std::uint64_t>(*value));
    } else if (value) {
      std::visit([&](const auto& shown) { object[std::string(rule.name)] = shown; }, *value);
    }
  }
  if (!event.other_addresses.empty()) {
    Json addresses = Json::array();
    addresses.push_back(formatted("0x{:x}", event.number(FaultField::address).value_or(0)));
    for (const std::uint64_t address : event.other_addresses) {
      addresses.push_back(formatted("0x{:x}", address));
    }
    object["addresses"] = std::move(addresses);
  }
  if (event.reported_elsewhere > 0) {
    object["reported_elsewhere"] = event.reported_elsewhere;
  }
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
          {"remedy", cause.remedy},
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
