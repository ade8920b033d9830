// SPDX-License-Identifier: MIT
// The patterns of FaultRules, ready to be matched against lines: which of them a line is, and what
// the fields in it are.
//
// Regular expressions are RE2's: time linear in the line and memory bounded, whatever the line and
// whatever a user's own pattern (no backtracking), with named groups for the fields.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "explain/fault_scanner.hpp"
#include "rocmfix/fault_rules.hpp"

namespace re2 {
class RE2;
}

namespace rocmfix {

struct FoundField {
  FaultField field = FaultField::value;
  std::string_view text;
};

/// A line that a pattern matched. Views point into the line.
struct FoundLine {
  const FaultPattern* pattern = nullptr;
  std::vector<FoundField> fields;
};

class FaultMatcher {
 public:
  explicit FaultMatcher(std::span<const FaultPattern> patterns);
  ~FaultMatcher();
  FaultMatcher(const FaultMatcher&) = delete;
  FaultMatcher& operator=(const FaultMatcher&) = delete;

  [[nodiscard]] const FaultScanner& scanner() const { return scanner_; }
  /// The patterns that `line` matches: at most one that is of an event (the first in the table),
  /// and any number of facts. Valid until the next call.
  const std::vector<FoundLine>& match(std::string_view line);

  /// What is wrong with a pattern; nullopt: nothing. For checking a file before it is used.
  static std::optional<std::string> fault_of(const FaultPattern& pattern);

 private:
  struct Compiled {
    std::unique_ptr<re2::RE2> regex;  // null until it is needed, or when a text is enough
    std::unique_ptr<re2::RE2> unless;
    std::vector<std::pair<int, FaultField>> groups;
  };
  bool match_one(std::size_t index, std::string_view line, FoundLine& found);
  bool is_excepted(std::size_t index, std::string_view line);

  std::span<const FaultPattern> patterns_;
  std::vector<std::uint16_t> owner_;  // of a text of the scanner: its pattern
  FaultScanner scanner_;
  std::vector<Compiled> compiled_;
  std::vector<std::uint16_t> candidates_;
  std::vector<FoundLine> found_;
};

}  // namespace rocmfix
