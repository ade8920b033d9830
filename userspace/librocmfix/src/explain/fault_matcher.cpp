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

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::vector<std::string> texts_of(std::span<const FaultPattern> patterns) {
  std::vector<std::string> texts;
  for (const FaultPattern& pattern : patterns) {
    texts.insert(texts.end(), pattern.texts.begin(), pattern.texts.end());
  }
  return texts;
}

std::vector<std::uint16_t> owners_of(std::span<const FaultPattern> patterns) {
  std::vector<std::uint16_t> owners;
  for (const FaultPattern& pattern : patterns) {
    owners.insert(owners.end(), pattern.texts.size(),
                  static_cast<std::uint16_t>(&pattern - patterns.data()));
  }
  return owners;
}

// A setting as it is written in shells, unit files, Dockerfiles, YAML, Python and Go's maps, and in
// a sentence: NAME=value, NAME value, "NAME": "value", environ["NAME"] = "value", NAME to value.
std::string setting(const FaultPattern& pattern) {
  return formatted(
      R"re(\b{}(?:_\d{{1,2}})?["'`\])]*(?:\s*[=:,]\s*|\s+(?:(?:is|was)\s+)?(?:set\s+)?(?:to\s+|=\s*)?)["'`]*(?P<value>{})(?:\W|$))re",
      RE2::QuoteMeta(piece(pattern.variable)), pattern.regex);
}

// A comment is no setting, and neither is what somebody did without.
std::string no_setting(const FaultPattern& pattern) {
  return formatted(
      R"re((?:^|[\s>|+])(?:#|//|;|::|(?i:rem)\s)[^"']*{0}|(?i)\b(?:without|unset|unsetting|remov(?:e|ed|ing)|not|don't|never|instead of|no longer|env -u)\b[^,;.]{{0,60}}{0})re",
      RE2::QuoteMeta(piece(pattern.variable)));
}

std::string regex_of(const FaultPattern& pattern) {
  return pattern.variable.empty() ? std::string(pattern.regex) : setting(pattern);
}

std::string unless_of(const FaultPattern& pattern) {
  const bool own = pattern.variable.empty() || !pattern.unless.empty();
  return own ? std::string(pattern.unless) : no_setting(pattern);
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
    : patterns_(patterns),
      owner_(owners_of(patterns)),
      scanner_(texts_of(patterns)),
      compiled_(patterns.size()) {}

FaultMatcher::~FaultMatcher() = default;

bool FaultMatcher::is_excepted(std::size_t index, std::string_view line) {
  std::unique_ptr<RE2>& unless = compiled_[index].unless;
  if (!unless) {
    const std::string expression = unless_of(patterns_[index]);
    if (expression.empty()) {
      return false;
    }
    unless = std::make_unique<RE2>(expression, options());
  }
  return unless->ok() && RE2::PartialMatch(piece(line), *unless);
}

bool FaultMatcher::match_one(std::size_t index, std::string_view line, FoundLine& found) {
  const FaultPattern& pattern = patterns_[index];
  found.pattern = &pattern;
  found.fields.clear();
  if (pattern.regex.empty()) {
    return !is_excepted(index, line);
  }
  Compiled& compiled = compiled_[index];
  if (!compiled.regex) {
    compiled.regex = std::make_unique<RE2>(regex_of(pattern), options());
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
      !compiled.regex->Match(piece(line), 0, line.size(), RE2::UNANCHORED, groups.data(), count) ||
      is_excepted(index, line)) {
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
  for (std::uint16_t& candidate : candidates_) {
    candidate = owner_[candidate];
  }
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
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
  for (const std::string_view text : pattern.texts) {
    if (text.size() < FaultScanner::min_text) {
      return formatted("'text' of {} is shorter than {} characters", pattern.name,
                       FaultScanner::min_text);
    }
    if (text.find_first_of("\n\r") != std::string_view::npos) {
      return formatted("'text' of {} is more than a line", pattern.name);
    }
  }
  if (const RE2 unless(unless_of(pattern), options()); !unless.ok()) {
    return formatted("'unless' of {} cannot be used: {}", pattern.name, unless.error());
  }
  const RE2 regex(regex_of(pattern), options());
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
