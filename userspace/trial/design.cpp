// SPDX-License-Identifier: MIT
#include "trial/design.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <utility>

namespace rocmfix::trial {

namespace {

/// Below `limit`, each equally probable. std::uniform_int_distribution differs between libraries,
/// and an order has to be the same wherever a results file is checked.
std::uint64_t below(std::mt19937_64& random, std::uint64_t limit) {
  const std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t usable = all - all % limit;
  std::uint64_t drawn = random();
  while (drawn >= usable) {
    drawn = random();
  }
  return drawn % limit;
}

std::set<std::pair<std::uint64_t, std::string>> made(const std::vector<Run>& runs) {
  std::set<std::pair<std::uint64_t, std::string>> slots;
  for (const Run& run : runs) {
    if (run.outcome != Outcome::stopped) {
      slots.emplace(run.block, run.arm);
    }
  }
  return slots;
}

}  // namespace

std::vector<std::string> Design::order(std::uint64_t block) const {
  std::seed_seq seeds{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32U),
                      static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32U)};
  std::mt19937_64 random(seeds);
  std::vector<std::string> order = arms_;
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[below(random, left)]);
  }
  return order;
}

std::optional<Slot> Design::next(const std::vector<Run>& runs,
                                 const std::function<bool(const std::string&)>& possible) const {
  const auto slots = made(runs);
  std::optional<std::uint64_t> waiting;  // the first block with an arm that needs another boot
  for (std::uint64_t block = 0; block < blocks_; ++block) {
    if (waiting && block / blocks_a_boot != *waiting / blocks_a_boot) {
      return std::nullopt;
    }
    for (const std::string& arm : order(block)) {
      if (slots.contains({block, arm})) {
        continue;
      }
      if (possible(arm)) {
        return Slot{block, arm};
      }
      waiting = waiting.value_or(block);
    }
  }
  return std::nullopt;
}

bool Design::done(const std::vector<Run>& runs) const {
  return made(runs).size() >= blocks_ * arms_.size();
}

}  // namespace rocmfix::trial
