// SPDX-License-Identifier: MIT
// The forms in which files set variables.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "doctor/assignments.hpp"
#include "doctor/shell_words.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::size_t longest_line = 4096;

bool is_variable(std::string_view name) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return !name.empty() && (name.front() < '0' || name.front() > '9') &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Collects the assignments of one text.
class Parser {
 public:
  explicit Parser(AssignedIn kind) : kind_(kind) {}
  std::vector<Assignment> parse(std::string_view text);

 private:
  void add(std::string_view name, std::string_view value, bool exported = true) {
    found_.push_back({std::string(name), std::string(value), kind_, {}, line_, {}, exported});
  }
  void add_pair(const ShellWord& word) {
    const auto equals = word.text.find('=');
    const std::string_view name = std::string_view(word.text).substr(0, equals);
    if (equals != std::string::npos && is_variable(name) && !word.expanded) {
      add(name, std::string_view(word.text).substr(equals + 1));
    }
  }
  void parse_shell(ShellCommand command);
  void parse_fish(const ShellCommand& command);
  void parse_universal(std::string_view line);
  void parse_unit(std::string_view line);
  void parse_line(std::string_view line);
  /// Plain `NAME=VALUE` of a shell is exported if `export NAME` follows somewhere.
  void settle_pending();

  AssignedIn kind_;
  unsigned line_ = 0;
  std::vector<Assignment> found_;
  std::vector<Assignment> pending_;
  std::vector<std::string> exported_;
  bool exports_all_ = false;  ///< between `set -a` and `set +a`
};

void Parser::parse_shell(ShellCommand command) {
  while (!command.empty() &&
         is_one_of(command.front().text, {"then", "do", "else", "if", "builtin", "command"})) {
    command.erase(command.begin());
  }
  if (command.empty()) {
    return;
  }
  const std::string verb = command.front().text;
  if (is_one_of(verb, {"export", "declare", "typeset", "setenv"})) {
    const bool exports = is_one_of(verb, {"export", "setenv"}) ||
                         (command.size() > 1 && command[1].text.starts_with('-') &&
                          command[1].text.find('x') != std::string::npos);
    for (std::size_t at = 1; exports && at < command.size(); ++at) {
      if (is_variable(command[at].text)) {
        exported_.push_back(command[at].text);
      } else {
        add_pair(command[at]);
      }
    }
  } else if (verb == "set") {
    if (command.size() > 1 && is_one_of(command[1].text, {"-a", "+a"})) {
      exports_all_ = command[1].text == "-a";
    }
  } else if (std::all_of(command.begin(), command.end(), [](const ShellWord& word) {
               return is_variable(word.text.substr(0, word.text.find('='))) &&
                      word.text.find('=') != std::string::npos;
             })) {
    // Before a command, it would be for that command alone.
    const std::size_t before = found_.size();
    for (const ShellWord& word : command) {
      add_pair(word);
    }
    if (!exports_all_) {
      pending_.insert(pending_.end(), found_.begin() + static_cast<std::ptrdiff_t>(before),
                      found_.end());
      found_.resize(before);
    }
  }
}

void Parser::settle_pending() {
  for (Assignment& one : pending_) {
    one.exported = std::find(exported_.begin(), exported_.end(), one.name) != exported_.end();
    found_.push_back(std::move(one));
  }
}

void Parser::parse_fish(const ShellCommand& command) {
  const auto verb = std::find_if(command.begin(), command.end(), [](const ShellWord& word) {
    return word.text == "set" || word.text == "export";
  });
  if (verb == command.end() || command.end() - verb < 2) {
    return;
  }
  if (verb->text == "export") {
    std::for_each(verb + 1, command.end(), [this](const ShellWord& word) { add_pair(word); });
    return;
  }
  bool exports = false;
  auto word = verb + 1;
  for (; word != command.end() && word->text.starts_with('-'); ++word) {
    const bool is_long = word->text.starts_with("--");
    // Neither what erases or asks, nor what ends with a block or a function.
    if (is_long ? is_one_of(word->text, {"--erase", "--query", "--local", "--function"})
                : word->text.find_first_of("eqlf") != std::string::npos) {
      return;
    }
    exports =
        exports || (is_long ? word->text == "--export" : word->text.find('x') != std::string::npos);
  }
  // A list of several words is no value of these variables.
  if (command.end() - word == 2 && is_variable(word->text) && !(word + 1)->expanded) {
    add(word->text, (word + 1)->text, exports);
  }
}

/// "SETUVAR --export NAME:10\x2e3\x2e0"
void Parser::parse_universal(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() < 2 || words[0] != "SETUVAR") {
    return;
  }
  const std::string_view last = words.back();
  const auto colon = last.find(':');
  if (colon == std::string_view::npos || !is_variable(last.substr(0, colon))) {
    return;
  }
  std::string value;
  constexpr std::string_view escape = "\\x";
  for (std::string_view rest = last.substr(colon + 1); !rest.empty();) {
    unsigned code = 0;
    if (rest.starts_with(escape) && rest.size() >= 4 &&
        std::from_chars(rest.data() + 2, rest.data() + 4, code, 16).ptr == rest.data() + 4) {
      value += static_cast<char>(code);
      rest.remove_prefix(4);
    } else {
      value += rest.front();
      rest.remove_prefix(1);
    }
  }
  add(last.substr(0, colon), value,
      std::find(words.begin(), words.end(), "--export") != words.end());
}

void Parser::parse_unit(std::string_view line) {
  constexpr std::string_view variables = "Environment=";
  constexpr std::string_view file = "EnvironmentFile=";
  const auto begin = line.find_first_not_of(" \t");
  line.remove_prefix(begin == std::string_view::npos ? line.size() : begin);
  if (line.starts_with(variables)) {
    for (const ShellWord& word : quoted_words(line.substr(variables.size()))) {
      add_pair(word);
    }
  } else if (line.starts_with(file)) {
    std::string_view path = line.substr(file.size());
    path.remove_prefix(path.starts_with('-') ? 1 : 0);
    if (path.starts_with('/') && path.find_first_of("*?[% ") == std::string_view::npos) {
      add("", path);
    }
  }
}

void Parser::parse_line(std::string_view line) {
  if (kind_ == AssignedIn::fish_universal) {
    parse_universal(line);
    return;
  }
  if (kind_ == AssignedIn::unit || kind_ == AssignedIn::user_unit) {
    parse_unit(line);
    return;
  }
  for (const ShellCommand& command : shell_commands(line)) {
    if (kind_ == AssignedIn::shell) {
      parse_shell(command);
    } else if (kind_ == AssignedIn::fish) {
      parse_fish(command);
    } else if (const std::size_t at = command.front().text == "export" ? 1 : 0;
               at < command.size()) {
      add_pair(command[at]);
    }
  }
}

std::vector<Assignment> Parser::parse(std::string_view text) {
  const auto lines = lines_of(text);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    line_ = static_cast<unsigned>(at + 1);
    std::string line(lines[at].substr(0, longest_line));
    // Continued: the line that it begins with is the one that a user looks for.
    while (line.ends_with('\\') && at + 1 < lines.size() && line.size() < longest_line) {
      line.pop_back();
      line += lines[++at].substr(0, longest_line);
    }
    parse_line(line);
  }
  settle_pending();
  return std::move(found_);
}

}  // namespace

std::vector<Assignment> parse_assignments(std::string_view text, AssignedIn kind) {
  return Parser(kind).parse(text);
}

}  // namespace rocmfix::detail
