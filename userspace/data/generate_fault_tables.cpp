// SPDX-License-Identifier: MIT
// Build tool: faults.toml in, C++ constant tables out. Refuses what the library would refuse, and a
// lint failure: a name that stands twice, a pattern without an example or one that another pattern
// catches first, a cause that asks for a fact that no pattern gives.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include "emitter.hpp"
#include "explain/fault_matcher.hpp"
#include "explain/fault_rules_toml.hpp"

namespace {

using rocmfix::CauseCondition;
using rocmfix::ClientTable;
using rocmfix::FaultCause;
using rocmfix::FaultMatcher;
using rocmfix::FaultPattern;
using rocmfix::FaultTables;
using rocmfix::FaultType;
using rocmfix::generate::Emitter;
using rocmfix::generate::quoted;

std::string types(Emitter& emitter, std::span<const FaultType> values) {
  std::vector<std::string> items;
  for (const FaultType type : values) {
    items.push_back(fmt::format("FaultType::{}", to_string(type)));
  }
  return emitter.array("FaultType", items);
}

std::string optional_bool(const std::optional<bool>& value) {
  return value ? (*value ? "true" : "false") : "std::nullopt";
}

std::string emit(Emitter& emitter, const CauseCondition& when) {
  return fmt::format(
      "{{.event = {}, .no_event = {}, .client = {}, .reason = {}, .rw = {}, .null_address = {}, "
      ".kernel_vmid = {}, .walker_error = {}, .seen = {}, .seen_any = {}, .not_seen = {}, "
      ".several = {}, .kernel_below = {}, .kernel_at_least = {}}}",
      types(emitter, when.event), types(emitter, when.no_event), emitter.strings(when.client),
      emitter.strings(when.reason), emitter.strings(when.rw), optional_bool(when.null_address),
      optional_bool(when.kernel_vmid), optional_bool(when.walker_error), emitter.strings(when.seen),
      emitter.strings(when.seen_any), emitter.strings(when.not_seen), quoted(when.several),
      quoted(when.kernel_below), quoted(when.kernel_at_least));
}

std::string emit(Emitter& emitter, const FaultPattern& pattern) {
  return fmt::format(
      "{{.name = {}, .role = LineRole::{}, .types = {}, .fact = {}, .text = {}, .regex = {}, "
      ".reason = {}, .example = {}, .source = {}}}",
      quoted(pattern.name), to_string(pattern.role), types(emitter, pattern.types),
      quoted(pattern.fact), quoted(pattern.text), quoted(pattern.regex), quoted(pattern.reason),
      quoted(pattern.example), quoted(pattern.source));
}

std::string emit(Emitter& emitter, const FaultCause& cause) {
  std::vector<std::string> matches;
  for (const auto& match : cause.matches) {
    matches.push_back(fmt::format("{{.confidence = Confidence::{}, .when = {}}}",
                                  to_string(match.confidence), emit(emitter, match.when)));
  }
  return fmt::format(
      "{{.id = {}, .summary = {}, .matches = {}, .check = {}, .remedy = {}, .grade = {}, "
      ".source = {}}}",
      quoted(cause.id), quoted(cause.summary), emitter.array("CauseMatch", matches),
      quoted(cause.check), quoted(cause.remedy), quoted(cause.grade), quoted(cause.source));
}

std::string emit(Emitter& emitter, const ClientTable& clients) {
  return fmt::format("{{.name = {}, .hub = {}, .read = {}, .write = {}, .source = {}}}",
                     quoted(clients.name), quoted(clients.hub), emitter.strings(clients.read),
                     emitter.strings(clients.write), quoted(clients.source));
}

template <class Item>
std::string emit_all(Emitter& emitter, std::string_view type, const std::vector<Item>& items) {
  std::vector<std::string> rows;
  rows.reserve(items.size());
  for (const auto& item : items) {
    rows.push_back(emit(emitter, item));
  }
  return emitter.array(type, rows);
}

using Faults = std::vector<std::string>;

void lint_patterns(const FaultTables& tables, Faults& faults) {
  std::set<std::string_view> names;
  FaultMatcher matcher(tables.patterns);
  for (const FaultPattern& pattern : tables.patterns) {
    if (!names.insert(pattern.name).second) {
      faults.push_back(fmt::format("pattern {} stands twice", pattern.name));
    }
    if (auto wrong = FaultMatcher::fault_of(pattern)) {
      faults.push_back(std::move(*wrong));
      continue;
    }
    if (pattern.example.empty()) {
      faults.push_back(fmt::format("pattern {} has no example", pattern.name));
    }
    const auto& found = matcher.match(pattern.example);
    if (std::none_of(found.begin(), found.end(),
                     [&](const auto& line) { return line.pattern == &pattern; })) {
      faults.push_back(fmt::format("the example of {} is caught by {}", pattern.name,
                                   found.empty() ? "nothing" : found.front().pattern->name));
    }
  }
}

void lint_causes(const FaultTables& tables, Faults& faults) {
  std::set<std::string_view> ids;
  std::set<std::string_view> facts;
  for (const FaultPattern& pattern : tables.patterns) {
    facts.insert(pattern.fact);
  }
  const auto check = [&](const FaultCause& cause, std::string_view fact) {
    if (!fact.empty() && !facts.contains(fact)) {
      faults.push_back(
          fmt::format("cause {} asks for '{}', which no pattern gives", cause.id, fact));
    }
  };
  for (const FaultCause& cause : tables.causes) {
    if (!ids.insert(cause.id).second) {
      faults.push_back(fmt::format("cause {} stands twice", cause.id));
    }
    for (const auto& match : cause.matches) {
      for (const auto& list : {match.when.seen, match.when.seen_any, match.when.not_seen}) {
        for (const std::string_view fact : list) {
          check(cause, fact);
        }
      }
      check(cause, match.when.several);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: {} faults.toml OUTPUT.cpp\n", argv[0]);
    return 2;
  }
  rocmfix::TomlArena arena;
  const FaultTables tables = rocmfix::generate::value_or_exit(
      rocmfix::parse_fault_tables(rocmfix::generate::read_file(argv[1]), argv[1], arena));
  Faults faults;
  lint_patterns(tables, faults);
  lint_causes(tables, faults);
  for (const auto& fault : faults) {
    fmt::print(stderr, "error: {}: {}\n", argv[1], fault);
  }
  if (!faults.empty()) {
    return 1;
  }
  Emitter emitter;
  const std::string patterns = emit_all(emitter, "FaultPattern", tables.patterns);
  const std::string causes = emit_all(emitter, "FaultCause", tables.causes);
  const std::string clients = emit_all(emitter, "ClientTable", tables.clients);
  std::ofstream out(argv[2], std::ios::trunc);
  out << fmt::format(
      "// Generated from userspace/data/faults.toml; edit that.\n"
      "#include \"explain/fault_tables.hpp\"\n\n"
      "namespace rocmfix::tables {{\nnamespace {{\n{}}}  // namespace\n\n"
      "const std::span<const FaultPattern> fault_patterns({});\n"
      "const std::span<const FaultCause> fault_causes({});\n"
      "const std::span<const ClientTable> fault_clients({});\n}}  // namespace rocmfix::tables\n",
      emitter.text(), patterns, causes, clients);
  out.close();
  return out ? 0 : 1;
}
