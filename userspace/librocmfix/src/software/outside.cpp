// SPDX-License-Identifier: MIT
#include "rocmfix/outside.hpp"

#include <algorithm>
#include <utility>

#include "software/command.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix {
namespace {

using detail::CommandKind;
using detail::CommandRule;
using Words = std::vector<std::string>;

constexpr unsigned most_levels = 8;

bool contains(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// "-e" and "-e=..." of the options that a rule names.
bool has_option(std::span<const std::string> words, std::span<const std::string_view> options) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return contains(options, std::string_view(word).substr(0, word.find('=')));
  });
}

/// The words that lead to the command, and the rule of it.
struct Found {
  const CommandRule* rule = nullptr;
  std::size_t at = 0;  ///< where the rule's own words begin
};

/// Through wrappers, and through what carries another user's or machine's command, as `sudo
/// docker`.
Found find_rule(const Words& words) {
  Found found;
  std::size_t at = 0;
  for (unsigned level = 0; level < most_levels && at < words.size(); ++level) {
    const std::span<const std::string> rest = std::span(words).subspan(at);
    const CommandRule* const rule = detail::rule_of_words(rest);
    if (rule == nullptr ||
        (rule->how != CommandKind::wrapper && rule->how != CommandKind::elsewhere)) {
      break;
    }
    // A container's or a service's own command is not looked at; one that sudo or ssh runs is.
    const std::size_t inner = detail::inner_command(*rule, rest);
    const auto own = rest.subspan(1, (inner == 0 ? rest.size() : inner) - 1);
    if (rule->how == CommandKind::wrapper ? has_option(own, rule->clears_with)
                                          : !has_option(own, rule->keeps_with)) {
      found = {rule, at};
    }
    if (inner == 0 || (rule->how == CommandKind::elsewhere && !rule->passes_on)) {
      break;
    }
    at += inner;
  }
  return found;
}

/// One command line, taken apart.
class Line {
 public:
  Line(const Words& words, Found found, const Environment& environment, const Carried& carried)
      : words_(words),
        rule_(*found.rule),
        begin_(found.at),
        environment_(environment),
        carried_(carried) {
    find_verb();
    collect_given();
  }

  [[nodiscard]] const Environment& given() const { return given_; }

  [[nodiscard]] std::string with_environment() const {
    if (!rule_.variable.empty() && verb_ != 0) {
      return with_options();
    }
    return from_template();
  }

 private:
  // Options come after the verb ("docker run"), or after the program where it has none.
  void find_verb() {
    if (rule_.verbs.empty()) {
      verb_ = begin_ + 1;
      return;
    }
    for (std::size_t at = begin_ + 1; at < words_.size(); ++at) {
      if (contains(rule_.verbs, words_[at])) {
        verb_ = at + 1;
        return;
      }
    }
  }

  void take(std::string_view assignment) {
    const auto equals = assignment.find('=');
    const std::string name(assignment.substr(0, equals));
    if (equals != std::string_view::npos) {
      given_[name] = std::string(assignment.substr(equals + 1));
    } else if (const auto own = environment_.find(name); own != environment_.end()) {
      given_[name] = own->second;
    }
  }

  // "-e NAME=VALUE", "-eNAME=VALUE", "--env NAME=VALUE", "--env=NAME=VALUE"; "-e NAME" takes it
  // from the environment.
  void collect_given() {
    for (std::size_t at = verb_; verb_ != 0 && at < words_.size(); ++at) {
      const std::string_view word = words_[at];
      for (const std::string_view option : rule_.variable_options) {
        const bool is_long = option.starts_with("--");
        if (word == option && at + 1 < words_.size()) {
          take(words_[at + 1]);
        } else if (word.starts_with(option) && word.size() > option.size() &&
                   (!is_long || word[option.size()] == '=')) {
          take(word.substr(option.size() + (word[option.size()] == '=' ? 1 : 0)));
        }
      }
    }
  }

  [[nodiscard]] bool mentions(std::string_view part) const {
    return std::any_of(
        words_.begin() + static_cast<std::ptrdiff_t>(begin_), words_.end(),
        [&](const std::string& word) { return word.find(part) != std::string::npos; });
  }

  /// "--device=/dev/kfd" unless the command has the device already.
  void add_device(Words& added, std::string_view option) const {
    constexpr std::string_view groups = "{group}";
    const auto at = option.find(groups);
    if (at != std::string_view::npos) {
      if (!mentions(option.substr(0, at > 0 ? at - 1 : 0))) {
        for (const std::uint32_t group : carried_.groups) {
          added.push_back(formatted("{}{}", option.substr(0, at), group));
        }
      }
      return;
    }
    const auto equals = option.find('=');
    if (!mentions(option.substr(equals == std::string_view::npos ? 0 : equals + 1)) &&
        !mentions("--privileged")) {
      added.emplace_back(option);
    }
  }

  [[nodiscard]] std::string with_options() const {
    Words added;
    if (rule_.device_verbs.empty() || contains(rule_.device_verbs, words_[verb_ - 1])) {
      for (const std::string_view option : rule_.devices) {
        add_device(added, option);
      }
    }
    for (const auto& [name, value] : carried_.variables) {
      if (!given_.contains(name)) {
        const std::string assignment = formatted("{}={}", name, value);
        if (rule_.variable.ends_with('=')) {
          added.push_back(std::string(rule_.variable) + assignment);
        } else {
          added.emplace_back(rule_.variable);
          added.push_back(assignment);
        }
      }
    }
    if (added.empty()) {
      return {};
    }
    Words all(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(verb_));
    all.insert(all.end(), added.begin(), added.end());
    all.insert(all.end(), words_.begin() + static_cast<std::ptrdiff_t>(verb_), words_.end());
    return joined(all);
  }

  static std::string joined(std::span<const std::string> words) {
    std::string text;
    for (const std::string& word : words) {
      text += (text.empty() ? "" : " ") + shell_word(word);
    }
    return text;
  }

  [[nodiscard]] std::string assignments(std::string_view before) const {
    std::string text;
    for (const auto& [name, value] : carried_.variables) {
      text += std::string(text.empty() ? "" : " ") + std::string(before) +
              shell_word(formatted("{}={}", name, value));
    }
    return text;
  }

  [[nodiscard]] std::string value_of(std::string_view placeholder) const {
    const std::span<const std::string> own = std::span(words_).subspan(begin_);
    const std::size_t inner = detail::inner_command(rule_, own);
    if (placeholder == "last") {
      return shell_word(words_.back());
    }
    if (placeholder == "all") {
      return joined(words_);
    }
    if (placeholder == "before") {
      return joined(std::span(words_).first(begin_ + (inner == 0 ? own.size() : inner)));
    }
    if (placeholder == "command") {
      return inner == 0 ? "COMMAND" : joined(own.subspan(inner));
    }
    if (placeholder == "user") {
      return mentions("--user") ? "--user " : "";
    }
    if (placeholder == "env") {
      return carried_.variables.empty() ? "" : "env " + assignments("") + " ";
    }
    if (placeholder == "unit") {
      return carried_.variables.empty() ? "Environment=NAME=VALUE" : assignments("Environment=");
    }
    return std::string(placeholder);
  }

  [[nodiscard]] std::string from_template() const {
    std::string text;
    std::string_view rest = rule_.type;
    while (!rest.empty()) {
      const auto open = rest.find('{');
      const auto close = open == std::string_view::npos ? open : rest.find('}', open);
      if (close == std::string_view::npos) {
        break;
      }
      text += rest.substr(0, open);
      text += value_of(rest.substr(open + 1, close - open - 1));
      rest.remove_prefix(close + 1);
    }
    return text += rest;
  }

  const Words& words_;
  const CommandRule& rule_;
  std::size_t begin_ = 0;
  std::size_t verb_ = 0;  ///< where options go; 0: the command has no such verb
  const Environment& environment_;
  const Carried& carried_;
  Environment given_;
};

}  // namespace

std::optional<OutsideCommand> find_outside(std::span<const std::string> words,
                                           const Environment& environment, const Carried& carried) {
  const Words all(words.begin(), words.end());
  const Found found = find_rule(all);
  if (found.rule == nullptr) {
    return std::nullopt;
  }
  const Line line(all, found, environment, carried);
  return OutsideCommand{all[found.at], std::string(found.rule->reason), line.with_environment(),
                        line.given()};
}

}  // namespace rocmfix
