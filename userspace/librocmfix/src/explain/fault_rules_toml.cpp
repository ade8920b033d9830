// SPDX-License-Identifier: MIT
#include "explain/fault_rules_toml.hpp"

#include "base/toml_reader.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::TomlReader;

std::span<const FaultType> read_types(TomlReader& reader, const toml::table& table,
                                      std::string_view key) {
  std::vector<FaultType> types;
  for (const std::string_view word : reader.strings(table, key)) {
    if (const auto type = parse_fault_type(word)) {
      types.push_back(*type);
    } else {
      reader.complain(table.source(), formatted("'{}' cannot be '{}'", key, word),
                      "the types of events are listed in rocmfix(1) under explain");
    }
  }
  return reader.arena().keep(std::move(types));
}

FaultPattern read_pattern(TomlReader& reader, const toml::table& table) {
  reader.allow(table,
               {"name", "role", "type", "fact", "text", "regex", "reason", "example", "source"});
  FaultPattern pattern;
  pattern.name = reader.text(table, "name", true);
  pattern.role =
      static_cast<LineRole>(reader.word(table, "role", {"event", "part", "field", "fact", "boot"}));
  pattern.types = read_types(reader, table, "type");
  pattern.fact = reader.text(table, "fact");
  pattern.text = reader.text(table, "text", true);
  pattern.regex = reader.text(table, "regex");
  pattern.reason = reader.text(table, "reason");
  pattern.example = reader.text(table, "example");
  pattern.source = reader.text(table, "source", true);
  const bool of_event = pattern.role == LineRole::event || pattern.role == LineRole::part ||
                        pattern.role == LineRole::field;
  if (of_event == pattern.types.empty()) {
    reader.complain(table.source(), of_event ? "'type' is missing" : "'type' is for events only");
  }
  if ((pattern.role == LineRole::fact) == pattern.fact.empty()) {
    reader.complain(table.source(), "'fact' belongs to role = \"fact\", and is needed there");
  }
  return pattern;
}

CauseCondition read_condition(TomlReader& reader, const toml::table& entry) {
  CauseCondition when;
  const toml::node* node = entry.get("when");
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  if (table == nullptr || table->empty()) {
    reader.complain(entry.source(), "'when' is missing: a cause needs a condition");
    return when;
  }
  reader.allow(*table, {"event", "no_event", "client", "reason", "rw", "null_address",
                        "kernel_vmid", "walker_error", "seen", "seen_any", "not_seen", "several",
                        "kernel_below", "kernel_at_least"});
  when.event = read_types(reader, *table, "event");
  when.no_event = read_types(reader, *table, "no_event");
  when.client = reader.strings(*table, "client");
  when.reason = reader.strings(*table, "reason");
  when.rw = reader.strings(*table, "rw");
  when.null_address = reader.boolean(*table, "null_address");
  when.kernel_vmid = reader.boolean(*table, "kernel_vmid");
  when.walker_error = reader.boolean(*table, "walker_error");
  when.seen = reader.strings(*table, "seen");
  when.seen_any = reader.strings(*table, "seen_any");
  when.not_seen = reader.strings(*table, "not_seen");
  when.several = reader.text(*table, "several");
  when.kernel_below = reader.text(*table, "kernel_below");
  when.kernel_at_least = reader.text(*table, "kernel_at_least");
  if (when.event.empty()) {
    reader.complain(node->source(), "'event' is missing: a cause needs a type of event");
  }
  return when;
}

FaultCause read_cause(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"id", "summary", "match", "check", "remedy", "grade", "source"});
  FaultCause cause;
  cause.id = reader.text(table, "id", true);
  cause.summary = reader.text(table, "summary", true);
  cause.check = reader.text(table, "check", true);
  cause.remedy = reader.text(table, "remedy", true);
  reader.word(table, "grade", {"S", "U", "S, U", "?", "S, ?"});
  cause.grade = reader.text(table, "grade", true);
  cause.source = reader.text(table, "source", true);
  std::vector<CauseMatch> matches;
  reader.for_each_table(table, "match", [&](const toml::table& entry) {
    reader.allow(entry, {"confidence", "when"});
    CauseMatch& match = matches.emplace_back();
    match.confidence = static_cast<Confidence>(
        reader.word(entry, "confidence", {"possible", "likely", "certain"}));
    match.when = read_condition(reader, entry);
  });
  if (matches.empty()) {
    reader.complain(table.source(), "'match' is missing");
  }
  cause.matches = reader.arena().keep(std::move(matches));
  return cause;
}

ClientTable read_clients(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "hub", "read", "write", "source"});
  ClientTable clients;
  clients.name = reader.text(table, "name", true);
  reader.word(table, "hub", {"gfxhub", "mmhub"});
  clients.hub = reader.text(table, "hub", true);
  clients.read = reader.strings(table, "read");
  clients.write = reader.strings(table, "write");
  clients.source = reader.text(table, "source", true);
  return clients;
}

}  // namespace

Result<FaultTables> parse_fault_tables(std::string_view text, std::string_view origin,
                                       TomlArena& arena) {
  FaultTables tables;
  auto error =
      detail::read_toml(text, origin, arena, [&](TomlReader& reader, const toml::table& file) {
        reader.allow(file, {"pattern", "cause", "clients"});
        reader.for_each_table(file, "pattern", [&](const toml::table& entry) {
          tables.patterns.push_back(read_pattern(reader, entry));
        });
        reader.for_each_table(file, "cause", [&](const toml::table& entry) {
          tables.causes.push_back(read_cause(reader, entry));
        });
        reader.for_each_table(file, "clients", [&](const toml::table& entry) {
          tables.clients.push_back(read_clients(reader, entry));
        });
      });
  if (error) {
    return fail(std::move(*error));
  }
  return tables;
}

}  // namespace rocmfix
