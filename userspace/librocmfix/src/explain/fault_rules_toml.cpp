// SPDX-License-Identifier: MIT
#include "explain/fault_rules_toml.hpp"

#include "base/clause_reader.hpp"
#include "base/toml_reader.hpp"
#include "explain/cause_keys.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::TomlReader;

FaultType read_type(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "text", "kind", "failure", "consequence", "every_address"});
  FaultType type;
  type.name = reader.name(table, "name");
  type.text = reader.text(table, "text", true);
  if (table.get("kind") != nullptr) {
    reader.word(table, "kind", {"memory", "hang"});
    type.kind = reader.text(table, "kind");
  }
  type.failure = reader.boolean(table, "failure").value_or(false);
  type.consequence = reader.boolean(table, "consequence").value_or(false);
  type.every_address = reader.boolean(table, "every_address").value_or(false);
  return type;
}

FaultReason read_reason(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "bit", "text", "source"});
  FaultReason reason;
  reason.name = reader.name(table, "name");
  if (const auto* bit = table["bit"].as_integer();
      bit != nullptr && bit->get() >= 0 && bit->get() < 32) {
    reason.bit = static_cast<unsigned>(bit->get());
  } else {
    reader.complain(table.source(), "'bit' must be a number from 0 to 31");
  }
  reason.text = reader.text(table, "text", true);
  reason.source = reader.text(table, "source", true);
  return reason;
}

// One text, or a list of them.
Strings read_texts(TomlReader& reader, const toml::table& table) {
  if (table.get("variable") != nullptr) {
    return reader.arena().keep(std::vector{reader.text(table, "variable")});
  }
  if (const toml::node* const node = table.get("text"); node != nullptr && node->is_array()) {
    const Strings texts = reader.strings(table, "text");
    if (texts.empty()) {
      reader.complain(node->source(), "'text' is an empty list");
    }
    return texts;
  }
  return reader.arena().keep(std::vector{reader.text(table, "text", true)});
}

FaultPattern read_pattern(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"name", "role", "type", "fact", "text", "regex", "variable", "unless",
                       "any_maker", "reason", "example", "source"});
  FaultPattern pattern;
  pattern.name = reader.text(table, "name", true);
  pattern.role =
      static_cast<LineRole>(reader.word(table, "role", {"event", "part", "field", "fact", "boot"}));
  pattern.types = reader.strings(table, "type");
  pattern.fact = reader.text(table, "fact");
  pattern.texts = read_texts(reader, table);
  pattern.regex = reader.text(table, "regex");
  pattern.variable = reader.text(table, "variable");
  pattern.unless = reader.text(table, "unless");
  pattern.any_maker = reader.boolean(table, "any_maker").value_or(false);
  pattern.reason = reader.text(table, "reason");
  pattern.example = reader.text(table, "example");
  pattern.source = reader.text(table, "source", true);
  const bool of_event = pattern.role == LineRole::event || pattern.role == LineRole::part ||
                        pattern.role == LineRole::field;
  if (of_event == pattern.types.empty()) {
    reader.complain(table.source(), of_event ? "'type' is missing" : "'type' is for events only");
  }
  if (!pattern.variable.empty() && pattern.role != LineRole::fact) {
    reader.complain(table.source(), "'variable' is for role = \"fact\"");
  }
  if ((pattern.role == LineRole::fact) == pattern.fact.empty()) {
    reader.complain(table.source(), "'fact' belongs to role = \"fact\", and is needed there");
  }
  return pattern;
}

Clauses read_condition(TomlReader& reader, const toml::table& entry) {
  const Clauses when = detail::read_clauses(reader, entry, cause_keys());
  if (when.empty()) {
    reader.complain(entry.source(), "'when' is missing: a cause needs a condition");
  } else if (words_of(when, "event").empty()) {
    reader.complain(entry.source(), "'event' is missing: a cause needs a type of event");
  }
  return when;
}

FaultCause read_cause(TomlReader& reader, const toml::table& table) {
  reader.allow(table, {"id", "summary", "match", "check", "remedy", "instead", "grade", "source"});
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
  std::vector<CauseRemedy> instead;
  reader.for_each_table(table, "instead", [&](const toml::table& entry) {
    reader.allow(entry, {"when", "remedy"});
    CauseRemedy& other = instead.emplace_back();
    other.when = detail::read_clauses(reader, entry, cause_keys());
    if (other.when.empty()) {
      reader.complain(entry.source(), "'when' is missing: another remedy needs a condition");
    }
    other.remedy = reader.text(entry, "remedy", true);
  });
  cause.instead = reader.arena().keep(std::move(instead));
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
        reader.allow(file, {"type", "reason", "pattern", "cause", "clients"});
        reader.for_each_table(file, "type", [&](const toml::table& entry) {
          tables.types.push_back(read_type(reader, entry));
        });
        reader.for_each_table(file, "reason", [&](const toml::table& entry) {
          tables.reasons.push_back(read_reason(reader, entry));
        });
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
