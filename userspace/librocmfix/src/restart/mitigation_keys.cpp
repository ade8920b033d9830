// SPDX-License-Identifier: MIT
#include "restart/mitigation_keys.hpp"

#include <algorithm>
#include <array>

namespace rocmfix {

namespace {

template <class List>
bool any_of(Strings wanted, const List& found) {
  return std::any_of(wanted.begin(), wanted.end(), [&](std::string_view word) {
    return std::find(found.begin(), found.end(), word) != found.end();
  });
}

constexpr std::array<std::string_view, 3> kinds = {"memory", "hang", "crash"};

using detail::ClauseForm;
using Facts = MitigationFacts;

constexpr MitigationKey keys[] = {
    {{"fault", ClauseForm::words, kinds},
     [](const Facts& facts, const Clause& clause) {
       return detail::has_word(clause, to_string(facts.outcome.fault));
     }},
    {{"cause"},
     [](const Facts& facts, const Clause& clause) {
       return any_of(clause.words, facts.outcome.causes);
     }},
    {{"no_cause"},
     [](const Facts& facts, const Clause& clause) {
       return !any_of(clause.words, facts.outcome.sure_causes);
     }},
    {{"family", ClauseForm::words, supported_families},
     [](const Facts& facts, const Clause& clause) {
       return any_of(clause.words, facts.context.families);
     }},
    {{"gfx"},
     [](const Facts& facts, const Clause& clause) {
       return any_of(clause.words, facts.context.gfx);
     }},
    {{"faults", ClauseForm::number},
     [](const Facts& facts, const Clause& clause) { return facts.faults >= clause.number; }},
};

}  // namespace

std::span<const MitigationKey> mitigation_keys() {
  return keys;
}

}  // namespace rocmfix
