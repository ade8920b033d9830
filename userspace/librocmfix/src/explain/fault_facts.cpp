// SPDX-License-Identifier: MIT
#include "explain/fault_facts.hpp"

#include <algorithm>
#include <array>

namespace rocmfix {

namespace {

constexpr std::size_t kept = 8;

// What says which card it is. A machine that is known has these cards and no others, whatever a
// log mentions.
constexpr std::array<std::string_view, 5> of_cards = {"rdna1", "rdna2", "named-gfx1030",
                                                      "integrated", "other-card"};

bool is_of_card(std::string_view fact) {
  return std::find(of_cards.begin(), of_cards.end(), fact) != of_cards.end();
}

}  // namespace

void FaultFacts::add(std::string_view fact, EvidenceLine line, std::string value) {
  card_is_known_ = card_is_known_ || (line.number == 0 && is_of_card(fact));
  std::deque<Seen>& seen = facts_[std::string(fact)];
  if (seen.size() == kept) {
    seen.erase(seen.begin() + 1);  // the first one stays: it may be what came before an incident
  }
  seen.push_back({std::move(line), std::move(value)});
}

void FaultFacts::clear_lines() {
  for (auto& [fact, seen] : facts_) {
    std::erase_if(seen, [](const Seen& one) { return one.line.number != 0; });
  }
}

const FaultFacts::Seen* FaultFacts::last(std::string_view fact, std::uint64_t until) const {
  const auto seen = all(fact, until);
  return seen.empty() ? nullptr : seen.back();
}

std::vector<const FaultFacts::Seen*> FaultFacts::all(std::string_view fact,
                                                     std::uint64_t until) const {
  std::vector<const Seen*> seen;
  const bool of_machine = card_is_known_ && is_of_card(fact);
  const auto found = facts_.find(fact);
  if (found != facts_.end()) {
    for (const Seen& one : found->second) {
      if (one.line.number <= until && (!of_machine || one.line.number == 0)) {
        seen.push_back(&one);
      }
    }
  }
  return seen;
}

}  // namespace rocmfix
