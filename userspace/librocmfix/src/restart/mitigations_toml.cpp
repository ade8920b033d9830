// SPDX-License-Identifier: MIT
#include "restart/mitigations_toml.hpp"

#include <algorithm>

#include "base/clause_reader.hpp"
#include "base/toml_reader.hpp"
#include "restart/mitigation_keys.hpp"
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

Clauses read_condition(TomlReader& reader, const toml::table& entry) {
  constexpr std::string_view example = R"(for example: when = { fault = ["memory"] })";
  if (entry.get("when") == nullptr) {
    reader.complain(entry.source(), "'when' is missing: a mitigation needs a condition",
                    std::string(example));
    return {};
  }
  const Clauses when = detail::read_clauses(reader, entry, mitigation_keys());
  if (words_of(when, "fault").empty()) {
    reader.complain(entry.get("when")->source(),
                    "'fault' is missing: a mitigation needs a kind of fault", std::string(example));
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
  reader.allow(*table, {"interval_ms", "burst", "delay_ms", "delay_max_ms", "settle_ms", "calm_ms",
                        "progress_beats"});
  limits.interval_ms = reader.number(*table, "interval_ms");
  limits.burst = reader.number(*table, "burst");
  limits.delay_ms = reader.number(*table, "delay_ms");
  limits.delay_max_ms = reader.number(*table, "delay_max_ms");
  limits.settle_ms = reader.number(*table, "settle_ms");
  limits.calm_ms = reader.number(*table, "calm_ms");
  limits.progress_beats = reader.number(*table, "progress_beats");
  return limits;
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::memory:
      return "memory";
    case FaultKind::hang:
      return "hang";
    case FaultKind::crash:
      return "crash";
    case FaultKind::none:
      break;
  }
  return "none";
}

FaultKind parse_fault_kind(std::string_view word) {
  for (const FaultKind kind : {FaultKind::memory, FaultKind::hang}) {
    if (word == to_string(kind)) {
      return kind;
    }
  }
  return FaultKind::none;
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
