// SPDX-License-Identifier: MIT
#include "explain/fault_matcher.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "util/formatted.hpp"

namespace rocmfix {

namespace {

// A log is bytes, so nothing in it is invalid. The memory limit is per expression.
RE2::Options options() {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

std::vector<std::string> texts_of(std::span<const FaultPattern> patterns) {
  std::vector<std::string> texts;
  texts.reserve(patterns.size());
  for (const FaultPattern& pattern : patterns) {
    texts.emplace_back(pattern.text);
  }
  return texts;
}

constexpr int max_groups = 16;

std::string field_names() {
  std::string names;
  for (const FieldRule& rule : fault_fields) {
    names += (names.empty() ? "" : ", ") + std::string(rule.name);
  }
  return names;
}

}  // namespace

FaultMatcher::FaultMatcher(std::span<const FaultPattern> patterns)
    : patterns_(patterns), scanner_(texts_of(patterns)), compiled_(patterns.size()) {}

FaultMatcher::~FaultMatcher() = default;

bool FaultMatcher::match_one(std::size_t index, std::string_view line, FoundLine& found) {
  const FaultPattern& pattern = patterns_[index];
  found.pattern = &pattern;
  found.fields.clear();
  if (pattern.regex.empty()) {
    return true;
  }
  Compiled& compiled = compiled_[index];
  if (!compiled.regex) {
    compiled.regex = std::make_unique<RE2>(
        re2::StringPiece(pattern.regex.data(), pattern.regex.size()), options());
    for (const auto& [name, number] : compiled.regex->NamedCapturingGroups()) {
      if (const auto field = parse_fault_field(name); field && number < max_groups) {
        compiled.groups.emplace_back(number, *field);
      }
    }
    std::sort(compiled.groups.begin(), compiled.groups.end());
  }
  std::array<re2::StringPiece, max_groups> groups;
  const int count = std::min(compiled.regex->NumberOfCapturingGroups() + 1, max_groups);
  if (!compiled.regex->ok() ||
      !compiled.regex->Match(re2::StringPiece(line.data(), line.size()), 0, line.size(),
                             RE2::UNANCHORED, groups.data(), count)) {
    return false;
  }
  for (const auto& [number, field] : compiled.groups) {
    const re2::StringPiece& text = groups.at(static_cast<std::size_t>(number));
    if (text.data() != nullptr) {
      found.fields.push_back({field, {text.data(), text.size()}});
    }
  }
  return true;
}

const std::vector<FoundLine>& FaultMatcher::match(std::string_view line) {
  scanner_.collect(line, candidates_);
  found_.clear();
  bool event_found = false;
  for (const std::uint16_t index : candidates_) {
    const bool is_fact = patterns_[index].role == LineRole::fact;
    if (!is_fact && event_found) {
      continue;
    }
    found_.emplace_back();
    if (!match_one(index, line, found_.back())) {
      found_.pop_back();
    } else if (!is_fact) {
      event_found = true;
    }
  }
  return found_;
}

std::optional<std::string> FaultMatcher::fault_of(const FaultPattern& pattern) {
  if (pattern.text.size() < FaultScanner::min_text) {
    return formatted("'text' of {} is shorter than {} characters", pattern.name,
                     FaultScanner::min_text);
  }
  if (pattern.text.find_first_of("\n\r") != std::string_view::npos) {
    return formatted("'text' of {} is more than a line", pattern.name);
  }
  const RE2 regex(re2::StringPiece(pattern.regex.data(), pattern.regex.size()), options());
  if (!regex.ok()) {
    return formatted("'regex' of {} cannot be used: {}", pattern.name, regex.error());
  }
  if (regex.NumberOfCapturingGroups() >= max_groups) {
    return formatted("'regex' of {} has more than {} groups", pattern.name, max_groups - 1);
  }
  for (const auto& [name, number] : regex.NamedCapturingGroups()) {
    if (!parse_fault_field(name)) {
      return formatted("'regex' of {} has a group '{}', allowed: {}", pattern.name, name,
                       field_names());
    }
  }
  if (!pattern.example.empty()) {
    FaultMatcher matcher({&pattern, 1});
    if (matcher.match(pattern.example).empty()) {
      return formatted("'example' of {} is not matched by it", pattern.name);
    }
  }
  return std::nullopt;
}

}  // namespace rocmfix
