// SPDX-License-Identifier: MIT
#include "restart/mitigations_toml.hpp"

#include <algorithm>

#include "base/toml_reader.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::TomlReader;

std::span<const Assignment> read_assignments(TomlReader& reader, const toml::table& table) {
  std::vector<Assignment> assignments;
  for (const std::string_view text : reader.strings(table, "set")) {
    const auto equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (equals == std::string_view::npos || !TomlReader::is_name(name) || !is_printable(text)) {
      reader.complain(table.source(), formatted("'set' cannot be '{}'", text),
                      R"(for example: set = ["NAME=VALUE"])");
      continue;
    }
    assignments.push_back({name, text.substr(equals + 1)});
  }
  return reader.arena().keep(std::move(assignments));
}

std::span<const FaultKind> read_kinds(TomlReader& reader, const toml::table& table) {
  std::vector<FaultKind> kinds;
  for (const std::string_view word : reader.strings(table, "fault")) {
    if (word == "memory") {
      kinds.push_back(FaultKind::memory);
    } else if (word == "hang") {
      kinds.push_back(FaultKind::hang);
    } else {
      reader.complain(table.source(), formatted("'fault' cannot be '{}'", word),
                      "allowed: memory, hang");
    }
  }
  return reader.arena().keep(std::move(kinds));
}

MitigationCondition read_condition(TomlReader& reader, const toml::table& entry) {
  MitigationCondition when;
  const toml::node* node = entry.get("when");
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  if (table == nullptr) {
    reader.complain(entry.source(), "'when' is missing: a mitigation needs a condition",
                    R"(for example: when = { fault = ["memory"] })");
    return when;
  }
  reader.allow(*table, {"fault", "cause", "no_cause", "family", "gfx", "faults"});
  when.fault = read_kinds(reader, *table);
  when.cause = reader.strings(*table, "cause");
  when.no_cause = reader.strings(*table, "no_cause");
  when.family = reader.strings(*table, "family");
  when.gfx = reader.strings(*table, "gfx");
  when.faults = reader.number(*table, "faults");
  for (const std::string_view family : when.family) {
    if (family != "RDNA1" && family != "RDNA2") {
      reader.complain(node->source(), formatted("'family' cannot be '{}'", family),
                      "allowed: RDNA1, RDNA2");
    }
  }
  if (when.fault.empty()) {
    reader.complain(node->source(), "'fault' is missing: a mitigation needs a kind of fault",
                    R"(for example: when = { fault = ["memory"] })");
  }
  return when;
}

Mitigation read_mitigation(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "step", "summary", "set", "over_user", "hint", "diagnosis", "loud",
                       "enabled", "when", "grade", "source"});
  Mitigation mitigation;
  mitigation.name = reader.text(table, "name", true);
  mitigation.step = reader.number(table, "step");
  mitigation.summary = reader.text(table, "summary", true);
  mitigation.set = read_assignments(reader, table);
  mitigation.over_user = reader.boolean(table, "over_user").value_or(false);
  mitigation.hint = reader.boolean(table, "hint").value_or(false);
  mitigation.diagnosis = reader.boolean(table, "diagnosis").value_or(false);
  mitigation.loud = reader.boolean(table, "loud").value_or(false);
  mitigation.enabled = reader.boolean(table, "enabled").value_or(true);
  mitigation.when = read_condition(reader, table);
  reader.word(table, "grade", {"S", "U", "S, U", "?", "S, ?"});
  mitigation.grade = reader.text(table, "grade", true);
  mitigation.source = reader.text(table, "source", true);
  if (mitigation.step == 0) {
    reader.complain(table.source(), "'step' is missing");
  }
  if (mitigation.set.empty()) {
    reader.complain(table.source(), "'set' is missing: a mitigation sets something");
  }
  return mitigation;
}

RestartLimits read_limits(TomlReader& reader, const toml::table& file) {
  RestartLimits limits;
  const toml::node* node = file.get("restart");
  if (node == nullptr) {
    return limits;
  }
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    reader.complain(node->source(), "'restart' must be a table");
    return limits;
  }
  reader.allow(*table,
               {"interval_ms", "burst", "delay_ms", "delay_max_ms", "settle_ms", "calm_ms"});
  limits.interval_ms = reader.number(*table, "interval_ms");
  limits.burst = reader.number(*table, "burst");
  limits.delay_ms = reader.number(*table, "delay_ms");
  limits.delay_max_ms = reader.number(*table, "delay_max_ms");
  limits.settle_ms = reader.number(*table, "settle_ms");
  limits.calm_ms = reader.number(*table, "calm_ms");
  return limits;
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::memory:
      return "memory";
    case FaultKind::hang:
      return "hang";
    case FaultKind::none:
      break;
  }
  return "none";
}

Result<MitigationTables> parse_mitigations(std::string_view text, std::string_view origin,
                                           TomlArena& arena) {
  MitigationTables tables;
  auto error =
      detail::read_toml(text, origin, arena, [&](TomlReader& reader, const toml::table& file) {
        reader.allow(file, {"restart", "mitigation"});
        tables.limits = read_limits(reader, file);
        reader.for_each_table(file, "mitigation", [&](const toml::table& entry) {
          tables.mitigations.push_back(read_mitigation(reader, entry));
        });
      });
  if (error) {
    return fail(std::move(*error));
  }
  std::stable_sort(tables.mitigations.begin(), tables.mitigations.end(),
                   [](const Mitigation& a, const Mitigation& b) { return a.step < b.step; });
  return tables;
}

}  // namespace rocmfix
