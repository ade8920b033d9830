// SPDX-License-Identifier: MIT
// The built-in tables with a user's overlay laid over them.
#include "rocmfix/fault_rules.hpp"

#include <algorithm>

#include "base/overlay.hpp"
#include "explain/fault_matcher.hpp"
#include "explain/fault_rules_toml.hpp"
#include "explain/fault_tables.hpp"

namespace rocmfix {

struct FaultRules::Storage {
  TomlArena arena;
  FaultTables tables;
};

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/faults.toml";

// What `added` names takes the place of the built-in entry of that name; the rest comes before the
// built-in ones, so that it is what a line is tried against first.
template <class Item, class Name>
std::vector<Item> laid_over(std::span<const Item> base, const std::vector<Item>& added, Name name) {
  std::vector<Item> merged = added;
  for (const Item& item : base) {
    const bool replaced = std::any_of(added.begin(), added.end(),
                                      [&](const Item& other) { return name(other) == name(item); });
    if (!replaced) {
      merged.push_back(item);
    }
  }
  return merged;
}

}  // namespace

FaultRules FaultRules::built_in() {
  FaultRules rules;
  rules.patterns_ = tables::fault_patterns;
  rules.causes_ = tables::fault_causes;
  rules.clients_ = tables::fault_clients;
  return rules;
}

Result<FaultRules> FaultRules::load(const Root& root) {
  FaultRules rules = built_in();
  const auto text = detail::read_overlay(root, overlay);
  if (!text) {
    return fail(text.error());
  }
  if (!*text) {
    return rules;
  }
  const std::string origin = root.host_path(overlay).string();
  auto storage = std::make_shared<Storage>();
  auto added = parse_fault_tables(**text, origin, storage->arena);
  if (!added) {
    return fail(std::move(added.error()));
  }
  for (const FaultPattern& pattern : added->patterns) {
    if (auto wrong = FaultMatcher::fault_of(pattern)) {
      return fail(
          Error{ErrorCode::invalid, origin + ": " + *wrong, 0,
                "the syntax of 'regex' is RE2's: https://github.com/google/re2/wiki/Syntax"});
    }
  }
  storage->tables.patterns = laid_over(rules.patterns_, added->patterns,
                                       [](const FaultPattern& item) { return item.name; });
  storage->tables.causes =
      laid_over(rules.causes_, added->causes, [](const FaultCause& item) { return item.id; });
  storage->tables.clients =
      laid_over(rules.clients_, added->clients, [](const ClientTable& item) { return item.name; });
  rules.patterns_ = storage->tables.patterns;
  rules.causes_ = storage->tables.causes;
  rules.clients_ = storage->tables.clients;
  rules.storage_ = std::move(storage);
  return rules;
}

}  // namespace rocmfix
