// SPDX-License-Identifier: MIT
// The built-in tables with a user's overlay laid over them.
#include "rocmfix/fault_rules.hpp"

#include <algorithm>

#include "base/overlay.hpp"
#include "explain/fault_matcher.hpp"
#include "explain/fault_rules_toml.hpp"
#include "explain/fault_tables.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

struct FaultRules::Storage {
  TomlArena arena;
  FaultTables tables;
};

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/faults.toml";

/// A type that no table has: in a pattern, or in a condition of a cause.
std::optional<std::string> missing_type(const FaultTables& tables, const FaultRules& rules) {
  const auto unknown = [&](Strings names) {
    return std::find_if(names.begin(), names.end(),
                        [&](std::string_view name) { return rules.type(name) == nullptr; });
  };
  const auto find = [&](std::string_view owner, std::string_view key, Strings names) {
    const auto found = unknown(names);
    return found == names.end()
               ? std::nullopt
               : std::optional(formatted("{}: '{}' cannot be '{}'", owner, key, *found));
  };
  for (const FaultPattern& pattern : tables.patterns) {
    if (auto wrong = find(pattern.name, "type", pattern.types)) {
      return wrong;
    }
  }
  for (const FaultCause& cause : tables.causes) {
    for (const CauseMatch& match : cause.matches) {
      for (const std::string_view key : {"event", "no_event"}) {
        if (auto wrong = find(cause.id, key, words_of(match.when, key))) {
          return wrong;
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace

FaultRules FaultRules::built_in() {
  FaultRules rules;
  rules.types_ = tables::fault_types;
  rules.reasons_ = tables::fault_reasons;
  rules.patterns_ = tables::fault_patterns;
  rules.causes_ = tables::fault_causes;
  rules.clients_ = tables::fault_clients;
  return rules;
}

Result<FaultRules> FaultRules::load(const Root& root) {
  FaultRules rules = built_in();
  auto storage = std::make_shared<Storage>();
  auto parsed = detail::parse_overlay(root, overlay, &parse_fault_tables, storage->arena);
  if (!parsed) {
    return fail(std::move(parsed.error()));
  }
  const auto& added = *parsed;
  if (!added) {
    return rules;
  }
  const std::string origin = root.host_path(overlay).string();
  for (const FaultPattern& pattern : added->patterns) {
    if (auto wrong = FaultMatcher::fault_of(pattern)) {
      return fail(
          Error{ErrorCode::invalid, origin + ": " + *wrong, 0,
                "the syntax of 'regex' is RE2's: https://github.com/google/re2/wiki/Syntax"});
    }
  }
  const auto lay_over = [](auto& merged, auto base, const auto& items, auto name) {
    merged = detail::laid_over(base, items, name, detail::NewEntries::first);
  };
  FaultTables& merged = storage->tables;
  lay_over(merged.types, rules.types_, added->types, [](const auto& item) { return item.name; });
  lay_over(merged.reasons, rules.reasons_, added->reasons,
           [](const auto& item) { return item.name; });
  lay_over(merged.patterns, rules.patterns_, added->patterns,
           [](const auto& item) { return item.name; });
  lay_over(merged.causes, rules.causes_, added->causes, [](const auto& item) { return item.id; });
  lay_over(merged.clients, rules.clients_, added->clients,
           [](const auto& item) { return item.name; });
  rules.types_ = merged.types;
  rules.reasons_ = merged.reasons;
  if (auto missing = missing_type(*added, rules)) {
    return fail(
        Error{ErrorCode::invalid, origin + ": " + *missing, 0,
              "the types of events are listed in rocmfix(1) under explain; [[type]] adds one"});
  }
  rules.patterns_ = merged.patterns;
  rules.causes_ = merged.causes;
  rules.clients_ = merged.clients;
  rules.storage_ = std::move(storage);
  return rules;
}

const FaultType* FaultRules::type(std::string_view name) const {
  const auto found = std::find_if(types_.begin(), types_.end(),
                                  [&](const FaultType& type) { return type.name == name; });
  return found == types_.end() ? nullptr : &*found;
}

}  // namespace rocmfix
