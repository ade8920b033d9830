// SPDX-License-Identifier: MIT
#include "rocmfix/redaction.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "policy/variable_table.hpp"

namespace rocmfix {
namespace {

constexpr std::size_t none = std::string_view::npos;

// Anywhere in a name.
constexpr std::array<std::string_view, 10> secret_parts = {
    "token",      "key",  "password",  "passwd", "passphrase",
    "credential", "auth", "signature", "bearer", "secret"};
// A whole word of a name: "--pass", "DB_PWD", not "bypass".
constexpr std::array<std::string_view, 6> secret_words = {"pass", "pwd", "pw",
                                                          "pat",  "sig", "cookie"};

// Tokens that are known by their beginning: Hugging Face, GitHub, GitLab, AWS, Slack, Google,
// OpenAI and alike, PyPI, npm, a JWT.
struct TokenForm {
  std::string_view prefix;
  std::size_t rest;  ///< characters after it, at least
};
constexpr std::array<TokenForm, 17> token_forms = {{{"hf_", 20},
                                                    {"ghp_", 20},
                                                    {"gho_", 20},
                                                    {"ghu_", 20},
                                                    {"ghs_", 20},
                                                    {"ghr_", 20},
                                                    {"github_pat_", 20},
                                                    {"glpat-", 16},
                                                    {"AKIA", 16},
                                                    {"ASIA", 16},
                                                    {"xoxb-", 16},
                                                    {"xoxp-", 16},
                                                    {"AIza", 30},
                                                    {"sk-", 20},
                                                    {"pypi-", 30},
                                                    {"npm_", 30},
                                                    {"eyJ", 30}}};

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}
bool is_token_character(char c) {
  return is_name_character(c);
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The end of what `is` holds for, from `at` on.
template <class Is>
std::size_t end_of(std::string_view text, std::size_t at, Is is) {
  while (at < text.size() && is(text[at])) {
    ++at;
  }
  return at;
}

/// Reads a text once, from its start to its end, and writes it without its secrets.
class Redactor {
 public:
  /// What hides a secret: the word "[redacted]", or as many letters as it has.
  enum class Hide : std::uint8_t { by_word, by_length, tokens_by_length };

  explicit Redactor(std::string_view text, Hide hide = Hide::by_word) : text_(text), hide_(hide) {}

  /// `expected`: the text begins with the value of a secret option.
  std::string run(bool expected) {
    expected_ = expected;
    while (at_ < text_.size()) {
      step();
    }
    return std::move(out_);
  }
  /// The text ended in the name of a secret option: its value comes next.
  [[nodiscard]] bool expects_value() const { return expected_; }

 private:
  void step();
  void name();
  void value(char separator);
  bool url_user();
  [[nodiscard]] std::optional<std::size_t> token_end() const;
  void copy_to(std::size_t end) {
    out_ += text_.substr(at_, end - at_);
    at_ = end;
  }
  void hide_to(std::size_t end) {
    if (hide_ == Hide::by_word) {
      out_ += redacted;
    } else {
      out_.append(end - at_, 'x');
    }
    at_ = end;
  }

  std::string_view text_;
  Hide hide_;
  std::size_t at_ = 0;
  std::string out_;
  bool expected_ = false;
};

void Redactor::step() {
  const char c = text_[at_];
  if (expected_) {
    if (is_blank(c)) {
      copy_to(at_ + 1);
    } else if (text_.substr(at_, 2) == "--") {  // another option: it had no value
      expected_ = false;
    } else {
      expected_ = false;
      value(' ');
    }
    return;
  }
  if (c == ':' && hide_ != Hide::tokens_by_length && url_user()) {
    return;
  }
  if (!is_name_character(c)) {
    copy_to(at_ + 1);
  } else if (const auto end = token_end()) {
    hide_to(*end);
  } else if (hide_ == Hide::tokens_by_length) {
    copy_to(end_of(text_, at_, is_name_character));
  } else {
    name();
  }
}

/// A run of a name's characters, and what comes after it.
void Redactor::name() {
  const std::size_t begin = at_;
  const std::size_t end = end_of(text_, at_, is_name_character);
  const std::string_view found = text_.substr(begin, end - begin);
  copy_to(end);
  if (!is_secret_name(found)) {
    return;
  }
  // "name": value, name = value, name=value
  std::size_t next = end_of(text_, at_, [](char c) { return c == '"' || c == '\'' || c == ']'; });
  next = end_of(text_, next, is_blank);
  if (next < text_.size() && (text_[next] == '=' || text_[next] == ':')) {
    const char separator = text_[next];
    if (separator == ':' && text_.substr(next, 3) == "://") {
      return;
    }
    copy_to(end_of(text_, next + 1, is_blank));
    value(separator);
    return;
  }
  expected_ = found.starts_with("-");
}

/// Replaces the value that begins here: within quotes to their end, else to where a shell's word
/// would end; after a colon ("Authorization: Bearer X") to the end of the line or the quotes.
void Redactor::value(char separator) {
  if (at_ == text_.size()) {
    return;
  }
  const char quote = text_[at_];
  if (quote == '"' || quote == '\'') {
    copy_to(at_ + 1);
    hide_to(std::min(text_.find(quote, at_), text_.size()));
    return;
  }
  constexpr std::string_view line_ends = "\"'\n";
  constexpr std::string_view word_ends = " \t\r\n\"';&|)";
  const std::size_t end = text_.find_first_of(separator == ':' ? line_ends : word_ends, at_);
  hide_to(std::min(end, text_.size()));
}

/// "://user:password@host": all before the '@'. A password may have a '/' that should have been
/// encoded; a port, which has digits alone, is none.
bool Redactor::url_user() {
  constexpr std::string_view mark = "://";
  if (text_.substr(at_, mark.size()) != mark) {
    return false;
  }
  constexpr std::size_t longest = 1024;  // or many of them would each read all that follows
  const std::size_t begin = at_ + mark.size();
  std::string_view rest = text_.substr(begin, longest);
  rest = rest.substr(0, rest.find_first_of(" \t\r\n\"'<>"));
  const std::size_t colon = rest.find(':');
  const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  if (colon < path) {
    const std::size_t port_end =
        end_of(rest, colon + 1, [](char c) { return c >= '0' && c <= '9'; });
    if (port_end >= path) {
      rest = rest.substr(0, path);
    }
  } else {
    rest = rest.substr(0, path);
  }
  const std::size_t at_sign = rest.rfind('@');
  if (at_sign == none) {
    return false;
  }
  copy_to(begin);
  hide_to(begin + at_sign);
  return true;
}

std::optional<std::size_t> Redactor::token_end() const {
  if (at_ > 0 && is_alphanumeric(text_[at_ - 1])) {
    return std::nullopt;
  }
  const std::string_view rest = text_.substr(at_);
  for (const TokenForm& form : token_forms) {
    if (rest.starts_with(form.prefix)) {
      const std::size_t end = end_of(text_, at_ + form.prefix.size(), is_token_character);
      if (end - at_ - form.prefix.size() >= form.rest) {
        return end;
      }
    }
  }
  return std::nullopt;
}

/// "--name=" or "NAME=" that a word of a command begins with: the rest is the value, blanks and
/// all.
std::size_t whole_value_at(std::string_view word) {
  const std::size_t end = end_of(word, 0, is_name_character);
  const bool secret = end < word.size() && word[end] == '=' && is_secret_name(word.substr(0, end));
  return secret ? end + 1 : none;
}

}  // namespace

bool is_secret_name(std::string_view name) {
  std::string small(name);
  std::transform(small.begin(), small.end(), small.begin(), lower);
  if (std::any_of(secret_parts.begin(), secret_parts.end(),
                  [&](std::string_view part) { return small.find(part) != std::string::npos; })) {
    return true;
  }
  std::string_view rest = small;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of("-_."));
    if (std::find(secret_words.begin(), secret_words.end(), word) != secret_words.end()) {
      return true;
    }
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return false;
}

std::vector<std::string> redact_command(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  result.reserve(words.size());
  bool expected = false;
  for (const std::string& word : words) {
    const bool is_option = word.starts_with("--");
    if (expected && !is_option) {
      result.emplace_back(redacted);
      expected = false;
      continue;
    }
    if (const std::size_t at = whole_value_at(word); at != none) {
      result.push_back(word.substr(0, at) + std::string(redacted));
      expected = false;
      continue;
    }
    Redactor redactor(word);
    result.push_back(redactor.run(false));
    // Of a script within a word the last option's value is not the next word.
    expected = redactor.expects_value() && word.starts_with("-") &&
               std::none_of(word.begin(), word.end(), is_blank);
  }
  return result;
}

std::string redact_text(std::string_view text) {
  return Redactor(text).run(false);
}

std::string mask_secrets(std::string_view text) {
  return Redactor(text, Redactor::Hide::by_length).run(false);
}

std::string mask_tokens(std::string_view bytes) {
  return Redactor(bytes, Redactor::Hide::tokens_by_length).run(false);
}

bool is_runtime_variable(std::string_view name) {
  return std::binary_search(tables::runtime_variables.begin(), tables::runtime_variables.end(),
                            name);
}

}  // namespace rocmfix
