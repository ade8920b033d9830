// SPDX-License-Identifier: MIT
// The conditions of rocmfix's data files: `when = { any_gfx = ["gfx1010"], kernel_below = "7.2" }`.
// What a key means is said by the table that it is in: settings.toml, faults.toml,
// mitigations.toml.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rocmfix {

using Strings = std::span<const std::string_view>;

/// One key of a `when`, and what it requires.
struct Clause {
  std::string_view key;
  // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
  Strings words = {};        ///< of a list, or of one string
  bool flag = false;         ///< of a boolean
  std::uint64_t number = 0;  ///< of an integer, above 0
};

/// Every clause must hold; one about something unknown never holds. Empty: always.
using Clauses = std::span<const Clause>;

/// The clause of that key; null: the condition does not have it.
inline const Clause* find_clause(Clauses when, std::string_view key) {
  for (const Clause& clause : when) {
    if (clause.key == key) {
      return &clause;
    }
  }
  return nullptr;
}

/// The words that it requires; empty: it does not have the key.
inline Strings words_of(Clauses when, std::string_view key) {
  const Clause* const clause = find_clause(when, key);
  return clause == nullptr ? Strings() : clause->words;
}

}  // namespace rocmfix
