// SPDX-License-Identifier: MIT
#include "explain/cause_keys.hpp"

#include <algorithm>
#include <array>

#include "base/kernel_changes.hpp"
#include "util/kernel_version.hpp"

namespace rocmfix {

std::optional<std::vector<EvidenceLine>> IncidentFacts::support(Clauses when) {
  evidence_.clear();
  required_ = words_of(when, "event");
  // In the order of the table, so that the evidence has the same order whatever the file's is.
  const auto keys = cause_keys();
  const bool all = std::all_of(keys.begin(), keys.end(), [&](const CauseKey& key) {
    const Clause* const clause = find_clause(when, key.form.name);
    return clause == nullptr || key.holds(*this, *clause);
  });
  return all ? std::optional(std::move(evidence_)) : std::nullopt;
}

void IncidentFacts::add(const EvidenceLine& line) {
  constexpr std::size_t most = 6;
  const bool known =
      std::any_of(evidence_.begin(), evidence_.end(), [&](const EvidenceLine& other) {
        return other.number == line.number && (line.number != 0 || other.text == line.text);
      });
  if (!known && evidence_.size() < most) {
    evidence_.push_back(line);
  }
}

// The line of an event that gave a field, else its first.
void IncidentFacts::add(const FaultEvent& event, std::uint32_t fields) {
  const auto found =
      std::find_if(event.lines.begin(), event.lines.end(),
                   [&](const EvidenceLine& line) { return (line.fields & fields) != 0; });
  if (found != event.lines.end()) {
    add(*found);
  } else if (!event.lines.empty()) {
    add(event.lines.front());
  }
}

namespace {

bool is_one_of(std::string_view word, Strings words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool IncidentFacts::has_event(Strings types) const {
  return std::any_of(events_.begin(), events_.end(),
                     [&](const FaultEvent& event) { return is_one_of(event.type->name, types); });
}

bool IncidentFacts::some_required() {
  const auto found = std::find_if(events_.begin(), events_.end(), [&](const FaultEvent& event) {
    return is_one_of(event.type->name, required_);
  });
  if (found == events_.end()) {
    return false;
  }
  add(*found, 0);
  return true;
}

template <class Test>
bool IncidentFacts::some(FaultField field, Test test) {
  const auto found = std::find_if(events_.begin(), events_.end(), [&](const FaultEvent& event) {
    return is_one_of(event.type->name, required_) && event[field] && test(event);
  });
  if (found == events_.end()) {
    return false;
  }
  add(*found, field_bit(field));
  return true;
}

const FaultFacts::Seen* IncidentFacts::find(std::string_view fact) const {
  const auto equals = fact.find('=');
  const FaultFacts::Seen* const found = facts_.last(fact.substr(0, equals), until_);
  if (found == nullptr || equals == std::string_view::npos) {
    return found;
  }
  return found->value.starts_with(fact.substr(equals + 1)) ? found : nullptr;
}

bool IncidentFacts::is_known(std::string_view fact) const {
  return find(fact) != nullptr;
}

bool IncidentFacts::seen(std::string_view fact) {
  const FaultFacts::Seen* const found = find(fact);
  if (found != nullptr) {
    add(found->line);
  }
  return found != nullptr;
}

bool IncidentFacts::seen_several_times(std::string_view fact) {
  auto all = facts_.all(fact, until_);
  // What the machine itself has is known better than what a log says of it, perhaps once more.
  const bool given = std::any_of(all.begin(), all.end(),
                                 [](const FaultFacts::Seen* one) { return one->line.number == 0; });
  if (given) {
    std::erase_if(all, [](const FaultFacts::Seen* one) { return one->line.number != 0; });
  }
  if (all.size() < 2) {
    return false;
  }
  add(all.front()->line);
  add(all.back()->line);
  return true;
}

bool IncidentFacts::kernel(std::string_view bound, bool below) {
  const FaultFacts::Seen* const found = facts_.last("kernel", until_);
  const auto order = found == nullptr ? std::nullopt : compare_kernels(found->value, bound);
  if (!order || std::is_lt(*order) != below) {
    return false;
  }
  add(found->line);
  return true;
}

bool IncidentFacts::noretry_default(bool wanted) {
  const FaultFacts::Seen* const found = facts_.last("kernel", until_);
  const auto has =
      found == nullptr ? std::nullopt : detail::kernel_has(found->value, detail::noretry_change);
  if (has != wanted) {
    return false;
  }
  add(found->line);
  return true;
}

namespace {

using detail::ClauseForm;
using Facts = IncidentFacts;

/// Of a register's field, that it is 0, or that it is not.
bool is_zero(Facts& facts, FaultField field, bool zero) {
  return facts.some(field,
                    [&](const FaultEvent& event) { return (event.number(field) == 0U) == zero; });
}

constexpr std::array<std::string_view, 2> accesses = {"read", "write"};

constexpr CauseKey keys[] = {
    {{"no_event"},
     [](Facts& facts, const Clause& clause) { return !facts.has_event(clause.words); }},
    {{"event"}, [](Facts& facts, const Clause& /*clause*/) { return facts.some_required(); }},
    {{"client"},
     [](Facts& facts, const Clause& clause) {
       return facts.some(FaultField::client, [&](const FaultEvent& event) {
         return std::any_of(clause.words.begin(), clause.words.end(), [&](std::string_view name) {
           return event.text(FaultField::client).starts_with(name);
         });
       });
     }},
    {{"reason"},
     [](Facts& facts, const Clause& clause) {
       return facts.some(FaultField::reason, [&](const FaultEvent& event) {
         return std::any_of(clause.words.begin(), clause.words.end(), [&](std::string_view part) {
           return event.text(FaultField::reason).find(part) != std::string_view::npos;
         });
       });
     }},
    {{"rw", ClauseForm::words, accesses},
     [](Facts& facts, const Clause& clause) {
       return facts.some(FaultField::rw, [&](const FaultEvent& event) {
         return detail::has_word(clause, event.text(FaultField::rw));
       });
     }},
    {{"null_address", ClauseForm::flag},
     [](Facts& facts, const Clause& clause) {
       return is_zero(facts, FaultField::address, clause.flag);
     }},
    {{"kernel_vmid", ClauseForm::flag},
     [](Facts& facts, const Clause& clause) {
       return is_zero(facts, FaultField::vmid, clause.flag);
     }},
    {{"walker_error", ClauseForm::flag},
     [](Facts& facts, const Clause& clause) {
       return is_zero(facts, FaultField::walker_error, !clause.flag);
     }},
    {{"not_seen"},
     [](Facts& facts, const Clause& clause) {
       return std::none_of(clause.words.begin(), clause.words.end(),
                           [&](std::string_view fact) { return facts.is_known(fact); });
     }},
    {{"seen"},
     [](Facts& facts, const Clause& clause) {
       return std::all_of(clause.words.begin(), clause.words.end(),
                          [&](std::string_view fact) { return facts.seen(fact); });
     }},
    {{"seen_any"},
     [](Facts& facts, const Clause& clause) {
       bool any = false;
       for (const std::string_view fact : clause.words) {  // all of them are evidence
         any = facts.seen(fact) || any;
       }
       return any;
     }},
    {{"several", ClauseForm::word},
     [](Facts& facts, const Clause& clause) {
       return facts.seen_several_times(clause.words.front());
     }},
    {{"kernel_below", ClauseForm::word},
     [](Facts& facts, const Clause& clause) { return facts.kernel(clause.words.front(), true); }},
    {{"kernel_at_least", ClauseForm::word},
     [](Facts& facts, const Clause& clause) { return facts.kernel(clause.words.front(), false); }},
    {{"noretry_default", ClauseForm::flag},
     [](Facts& facts, const Clause& clause) { return facts.noretry_default(clause.flag); }},
};

}  // namespace

std::span<const CauseKey> cause_keys() {
  return keys;
}

}  // namespace rocmfix
