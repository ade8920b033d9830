// SPDX-License-Identifier: MIT
// The one evaluator and the one parser of `when`. A table of keys says what each key means: adding
// a condition is one line in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "rocmfix/clause.hpp"

namespace rocmfix::detail {

enum class ClauseForm : std::uint8_t {
  words,   ///< a list of strings
  word,    ///< one string
  flag,    ///< true or false
  number,  ///< a positive integer
};

/// What is allowed after a key.
struct KeyForm {
  std::string_view name;
  ClauseForm form = ClauseForm::words;
  // NOLINTNEXTLINE(readability-redundant-member-init): so that a table of keys may leave it out
  Strings allowed = {};  ///< the words that are; empty: any
};

/// `holds` is told what is known, and what the clause requires of it. A bare function, so that a
/// table of keys is a constant.
template <class Facts>
struct ConditionKey {
  KeyForm form;
  bool (*holds)(Facts& facts, const Clause& clause);
};

template <class Key>
const Key* find_key(std::span<const Key> keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.form.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

/// Whether `test(key, clause)` is true of every clause, in their order, and no further than the
/// first of which it is not. A clause whose key the table does not have never holds: the readers
/// refuse it, and a unit test looks at what is built in.
template <class Key, class Test>
bool all_clauses(Clauses when, std::span<const Key> keys, Test test) {
  return std::all_of(when.begin(), when.end(), [&](const Clause& clause) {
    const Key* const key = find_key(keys, clause.key);
    return key != nullptr && test(*key, clause);
  });
}

template <class Key, class Facts>
bool all_hold(Clauses when, std::span<const Key> keys, Facts& facts) {
  return all_clauses(
      when, keys, [&](const Key& key, const Clause& clause) { return key.holds(facts, clause); });
}

/// Whether `value` is one of the clause's words.
inline bool has_word(const Clause& clause, std::string_view value) {
  return std::find(clause.words.begin(), clause.words.end(), value) != clause.words.end();
}

}  // namespace rocmfix::detail
