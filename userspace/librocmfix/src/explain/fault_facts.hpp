// SPDX-License-Identifier: MIT
// What a log has said in passing (which kernel, which card, what is set in the environment), for
// the causes that ask for it. Keeps the first and the last few lines of each fact.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "rocmfix/fault_event.hpp"

namespace rocmfix {

class FaultFacts {
 public:
  struct Seen {
    EvidenceLine line;
    std::string value;  ///< the pattern's group `value`; may be empty
  };

  void add(std::string_view fact, EvidenceLine line, std::string value);
  void clear() {
    facts_.clear();
    card_is_known_ = false;
  }
  /// Leaves what no line has said (number 0): the machine is the same after it has started again.
  void clear_lines();

  /// The latest at or before line `until`; null.
  [[nodiscard]] const Seen* last(std::string_view fact, std::uint64_t until) const;
  /// All that are kept of it, up to line `until`.
  [[nodiscard]] std::vector<const Seen*> all(std::string_view fact, std::uint64_t until) const;

 private:
  std::map<std::string, std::deque<Seen>, std::less<>> facts_;
  bool card_is_known_ = false;  // other than from a log
};

}  // namespace rocmfix
