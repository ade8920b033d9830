// SPDX-License-Identifier: MIT
// A `when` of a TOML file as clauses, checked against a table of keys.
#pragma once

#include <vector>

#include "base/rule_engine.hpp"
#include "base/toml_reader.hpp"

namespace rocmfix::detail {

inline Clause read_clause(TomlReader& reader, const toml::table& table, const KeyForm& form) {
  Clause clause;
  clause.key = reader.arena().keep(std::string(form.name));
  switch (form.form) {
    case ClauseForm::words:
      clause.words = reader.strings(table, form.name);
      break;
    case ClauseForm::word:
      clause.words = reader.arena().keep(std::vector{reader.text(table, form.name)});
      break;
    case ClauseForm::flag:
      clause.flag = reader.boolean(table, form.name).value_or(false);
      break;
    case ClauseForm::number:
      clause.number = reader.number(table, form.name);
      break;
  }
  for (const std::string_view word : clause.words) {
    if (!form.allowed.empty() &&
        std::find(form.allowed.begin(), form.allowed.end(), word) == form.allowed.end()) {
      reader.complain(table.get(form.name)->source(),
                      formatted("'{}' cannot be '{}'", form.name, word),
                      formatted("allowed: {}", fmt::join(form.allowed, ", ")));
    }
  }
  return clause;
}

/// The `when` of `entry`; nothing when it has none. A key that `keys` does not have, or a value of
/// another form, is an error; a list that is empty requires nothing.
template <class Key>
Clauses read_clauses(TomlReader& reader, const toml::table& entry, std::span<const Key> keys) {
  const toml::node* const node = entry.get("when");
  if (node == nullptr) {
    return {};
  }
  const toml::table* const table = node->as_table();
  if (table == nullptr) {
    reader.complain(node->source(), "'when' must be a table");
    return {};
  }
  std::vector<std::string_view> names;
  for (const Key& key : keys) {
    names.push_back(key.form.name);
  }
  std::vector<Clause> clauses;
  for (const auto& [name, value] : *table) {
    const Key* const key = find_key(keys, std::string_view(name.str()));
    if (key == nullptr) {
      reader.complain(name.source(), formatted("unknown key '{}'", name.str()),
                      formatted("allowed: {}", fmt::join(names, ", ")));
      continue;
    }
    const Clause clause = read_clause(reader, *table, key->form);
    if (key->form.form != ClauseForm::words || !clause.words.empty()) {
      clauses.push_back(clause);
    }
  }
  return reader.arena().keep(std::move(clauses));
}

}  // namespace rocmfix::detail
