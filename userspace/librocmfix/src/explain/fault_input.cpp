// SPDX-License-Identifier: MIT
#include "rocmfix/fault_input.hpp"

#include <algorithm>

#include "util/foreign_json.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using Json = nlohmann::ordered_json;

// The log of one command's life, in one string.
constexpr JsonLimits limits{
    .bytes = 64U << 20U, .depth = 8, .members = 64, .values = 100'000, .cpu_ms = 3000};

Error wrong(std::string what) {
  return {ErrorCode::invalid, std::move(what), 0,
          R"(for example: {"schema": 1, "events": [{"type": "gpu_memory_fault"}], "log": "..."})"};
}

/// A list of `key`, each item of which `read` takes; false: it is something else.
template <class Read>
bool read_list(const Json& document, const char* key, Read read) {
  const auto found = document.find(key);
  if (found == document.end()) {
    return true;
  }
  return found->is_array() && std::all_of(found->begin(), found->end(), read);
}

}  // namespace

Result<FaultInput> parse_fault_input(std::string_view json) {
  const Json document = read_foreign_json(json, limits);
  if (!document.is_object() || document.value("schema", Json()) != 1) {
    return fail(wrong("this is no JSON document of schema 1, or it is too large"));
  }
  FaultInput input;
  const bool facts = read_list(document, "facts", [&](const Json& item) {
    const bool whole = item.is_object() && item.contains("fact") && item["fact"].is_string() &&
                       item.contains("value") && item["value"].is_string();
    if (whole) {
      input.facts.emplace_back(item["fact"], item["value"]);
    }
    return whole;
  });
  const bool environment = read_list(document, "environment", [&](const Json& item) {
    if (item.is_string()) {
      input.environment.push_back(item);
    }
    return item.is_string();
  });
  const bool events = read_list(document, "events", [&](const Json& item) {
    if (!item.is_object() || !item.contains("type") || !item["type"].is_string()) {
      return false;
    }
    GivenEvent& event = input.events.emplace_back();
    event.type = item["type"];
    for (const auto& [name, value] : item.items()) {
      if (name != "type" && (value.is_string() || value.is_number_unsigned())) {
        event.fields.emplace_back(name,
                                  value.is_string() ? value.get<std::string>() : value.dump());
      } else if (name != "type") {
        return false;
      }
    }
    return true;
  });
  if (!facts || !environment || !events) {
    return fail(wrong(formatted("'{}' has an unknown form", !facts         ? "facts"
                                                            : !environment ? "environment"
                                                                           : "events")));
  }
  if (document.contains("log") && !document["log"].is_string()) {
    return fail(wrong("'log' must be a string"));
  }
  input.log = document.value("log", std::string());
  return input;
}

Result<std::vector<LogIncident>> explain_fault(const FaultRules& rules, const FaultInput& input) {
  std::vector<LogIncident> incidents;
  FaultReader reader(rules, [&](const LogIncident& incident) { incidents.push_back(incident); });
  for (const auto& [fact, value] : input.facts) {
    if (auto added = reader.add_fact(fact, value); !added) {
      return fail(std::move(added.error()));
    }
  }
  for (const std::string& assignment : input.environment) {
    reader.add_assignment(assignment);
  }
  reader.feed(input.log);
  for (const GivenEvent& event : input.events) {
    if (auto added = reader.add_event(event); !added) {
      return fail(std::move(added.error()));
    }
  }
  reader.finish();
  return incidents;
}

std::string incidents_json(const std::vector<LogIncident>& incidents) {
  std::string text = incidents_json_begin();
  for (const LogIncident& incident : incidents) {
    text += incidents_json_item(incident, &incident == incidents.data());
  }
  return text + incidents_json_end();
}

}  // namespace rocmfix
