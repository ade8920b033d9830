// SPDX-License-Identifier: MIT
#include "explain/fault_facts.hpp"

namespace rocmfix {

namespace {

constexpr std::size_t kept = 8;

}  // namespace

void FaultFacts::add(std::string_view fact, EvidenceLine line, std::string value) {
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
  const auto found = facts_.find(fact);
  if (found != facts_.end()) {
    for (const Seen& one : found->second) {
      if (one.line.number <= until) {
        seen.push_back(&one);
      }
    }
  }
  return seen;
}

}  // namespace rocmfix
