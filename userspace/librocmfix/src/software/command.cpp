// SPDX-License-Identifier: MIT
#include "software/command.hpp"

#include <algorithm>

#include "base/elf64.hpp"

namespace rocmfix::detail {
namespace {

constexpr unsigned most_levels = 8;  // the kernel follows 4 scripts
constexpr std::size_t longest_first_lines = 4096;

using Words = std::vector<std::string>;

Program unknown(std::string file, std::string why) {
  return {.file = std::move(file), .arguments = {}, .why = std::move(why)};
}

Words split(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  Words words;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) {
      return words;
    }
    const auto end = std::min(text.find_first_of(blanks), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool contains(std::span<const std::string_view> list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Whether the options right after the command's name, or after its verb, have one of `options`.
bool has_own_option(const CommandRule& rule, std::span<const std::string> words,
                    std::span<const std::string_view> options) {
  for (const std::string& word : words.subspan(std::min<std::size_t>(1, words.size()))) {
    if (contains(options, std::string_view(word).substr(0, word.find('=')))) {
      return true;
    }
    if (word == "--" || (!word.starts_with('-') && !contains(rule.verbs, word))) {
      return false;
    }
  }
  return false;
}

/// By the last part of the path, or for a pattern with a slash by all of it.
const CommandRule* rule_of(std::span<const std::string> words, const std::string& file) {
  const std::string last = file_name(words.front());
  const auto names_it = [&](std::string_view pattern) {
    return matches(pattern.find('/') != std::string_view::npos ? std::string_view(file) : last,
                   {&pattern, 1});
  };
  for (const CommandRule& rule : software_rules.commands) {
    if (std::any_of(rule.names.begin(), rule.names.end(), names_it) &&
        (rule.second.empty() || (words.size() > 1 && contains(rule.second, words[1]))) &&
        (rule.only_with.empty() || has_own_option(rule, words, rule.only_with))) {
      return &rule;
    }
  }
  return nullptr;
}

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  return equals != std::string_view::npos && equals > 0;
}

/// What a wrapper's own words lead to: empty when it has no command.
struct Unwrapped {
  Words words;
  bool cleared = false;
};

Unwrapped unwrap(const CommandRule& rule, Words words, Lookup& lookup) {
  std::size_t at = 1;
  bool options = true;
  bool cleared = false;
  std::uint64_t operands = rule.operands;
  while (at < words.size()) {
    const std::string word = words[at];
    const bool split_string = rule.assignments && (word == "-S" || word == "--split-string");
    if (options && contains(rule.clears_with, word)) {
      cleared = true;
      ++at;
    } else if (options && word == "--") {
      options = false;
      ++at;
    } else if (options && (split_string || (rule.assignments && word.starts_with("-S")))) {
      // env -S: the kernel hands over a script's options as one word.
      const std::size_t used = split_string ? 2 : 1;
      Words more = split(split_string ? (at + 1 < words.size() ? words[at + 1] : "")
                                      : std::string_view(word).substr(2));
      const auto rest = std::min(at + used, words.size());
      more.insert(more.end(), words.begin() + static_cast<std::ptrdiff_t>(rest), words.end());
      more.insert(more.begin(), words.front());
      words = std::move(more);
      at = 1;
    } else if (options && word.size() > 1 && word.front() == '-') {
      at += contains(rule.value_options, word) ? 2 : 1;
    } else if (rule.assignments && is_assignment(word)) {
      const auto equals = word.find('=');
      lookup.set(word.substr(0, equals), word.substr(equals + 1));
      ++at;
    } else if (operands > 0) {
      options = false;
      --operands;
      ++at;
    } else {
      break;
    }
  }
  at = std::min(at, words.size());
  return {Words(words.begin() + static_cast<std::ptrdiff_t>(at), words.end()), cleared};
}

/// The interpreter's words of a script that begins with "#!", the script's path among them; empty:
/// no script.
Words interpreter_of(std::string_view head, const std::string& file) {
  if (!head.starts_with("#!")) {
    return {};
  }
  const auto end = std::min(head.find('\n'), head.size());
  const std::string_view line = head.substr(2, end - 2);
  Words words = split(line);
  if (words.empty()) {
    return {};
  }
  // The kernel hands over all that follows the interpreter as one word.
  if (words.size() > 2) {
    const auto rest = line.find(words[1], line.find(words[0]) + words[0].size());
    words = {words[0], std::string(line.substr(rest))};
  }
  // pip and uv write this where the interpreter's path is too long for a first line:
  //   #!/bin/sh
  //   '''exec' "/path/to/python" "$0" "$@"
  constexpr std::string_view trick = "'''exec' ";
  const std::string_view second = head.substr(std::min(end + 1, head.size()));
  if (second.starts_with(trick)) {
    std::string_view path = second.substr(trick.size());
    const char quote = path.starts_with('"') ? '"' : ' ';
    path.remove_prefix(quote == '"' ? 1 : 0);
    words = {std::string(path.substr(0, path.find(quote)))};
  }
  words.push_back(file);
  return words;
}

Program follow(Words words, Lookup& lookup, unsigned level);

Program by_rule(const CommandRule& rule, Words words, const std::string& file, Lookup& lookup,
                unsigned level) {
  if (rule.how == CommandKind::wrapper) {
    Unwrapped inner = unwrap(rule, std::move(words), lookup);
    if (inner.cleared) {
      return unknown(file, std::string(rule.reason));
    }
    return follow(std::move(inner.words), lookup, level + 1);
  }
  // Whether the environment is lost depends on more of its words: find_outside().
  return unknown(file, std::string(rule.reason));
}

Program follow(Words words, Lookup& lookup, unsigned level) {
  if (words.empty() || words.front().empty()) {
    return unknown("", "the command has no program");
  }
  const std::string word = words.front();
  if (level >= most_levels) {
    return unknown(word, "too many wrappers or scripts around the program");
  }
  const std::string file = find_in_path(word, lookup);
  const CommandRule* const rule = rule_of(words, file);
  if (rule != nullptr && rule->how != CommandKind::python) {
    return by_rule(*rule, std::move(words), file.empty() ? word : file, lookup, level);
  }
  if (file.empty() || !lookup.is_file(file)) {
    return unknown(word, word + " was not found");
  }
  const auto head = lookup.head(file, longest_first_lines);
  if (!head) {
    return unknown(file, file + " cannot be read");
  }
  if (is_elf(*head)) {
    Program program{.file = file, .arguments = {}, .why = {}};
    program.kind = rule != nullptr ? Program::Kind::python : Program::Kind::binary;
    program.arguments.assign(words.begin() + 1, words.end());
    return program;
  }
  Words script = interpreter_of(*head, file);
  if (script.empty()) {
    return unknown(file, file + " is neither a program nor a script with an interpreter");
  }
  script.insert(script.end(), words.begin() + 1, words.end());
  return follow(std::move(script), lookup, level + 1);
}

}  // namespace

const CommandRule* rule_of_words(std::span<const std::string> words) {
  return words.empty() ? nullptr : rule_of(words, words.front());
}

std::size_t inner_command(const CommandRule& rule, std::span<const std::string> words) {
  std::uint64_t operands = rule.operands;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word == "--") {
      return operands == 0 && at + 1 < words.size() ? at + 1 : 0;
    }
    if (word.size() > 1 && word.front() == '-') {
      at += contains(rule.value_options, word) ? 1 : 0;
    } else if (rule.assignments && is_assignment(word)) {
      continue;
    } else if (operands > 0) {
      --operands;
    } else {
      return at;
    }
  }
  return 0;
}

std::string find_in_path(const std::string& word, const Lookup& lookup) {
  if (word.find('/') != std::string::npos) {
    return lookup.absolute(word);
  }
  const auto found = lookup.environment().find("PATH");
  std::string_view path =
      found == lookup.environment().end() ? std::string_view("/bin:/usr/bin") : found->second;
  for (;;) {
    const auto end = std::min(path.find(':'), path.size());
    std::string file = join(lookup.absolute(path.substr(0, end)), word);
    if (lookup.is_executable(file)) {
      return file;
    }
    if (end == path.size()) {
      return {};
    }
    path.remove_prefix(end + 1);
  }
}

Program find_program(std::span<const std::string> words, Lookup& lookup) {
  return follow({words.begin(), words.end()}, lookup, 0);
}

}  // namespace rocmfix::detail
