// SPDX-License-Identifier: MIT
#include "report/personal_names.hpp"

#include <pwd.h>
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "report/technical_words.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t largest_file = 1U << 20U;
constexpr std::size_t shortest_word = 3;
constexpr std::size_t most_names = 1000;
// login.defs: people, and where nobody and systemd's dynamic users begin.
constexpr std::uint64_t first_person = 1000;
constexpr std::uint64_t after_people = 60000;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return small;
}

/// It could be a number in hexadecimal, or is so short that it is a part of many.
bool is_number_like(std::string_view name) {
  return name.size() < 5 ||
         name.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// Between what separates the fields of /etc/group, or a variable and its value.
bool is_whole_field(std::string_view text, std::size_t begin, std::size_t size) {
  constexpr std::string_view before = ":,=\n";
  constexpr std::string_view after = ":,\n";
  return (begin == 0 || before.find(text[begin - 1]) != std::string_view::npos) &&
         (begin + size == text.size() || after.find(text[begin + size]) != std::string_view::npos);
}

bool is_whole_word(std::string_view text, std::size_t begin, std::size_t size) {
  if (size < shortest_word) {
    return is_whole_field(text, begin, size);
  }
  const bool strict = is_number_like(text.substr(begin, size));
  const auto joins = [&](char c) { return is_letter(c) || (strict && is_digit(c)); };
  return (begin == 0 || !joins(text[begin - 1])) &&
         (begin + size == text.size() || !joins(text[begin + size]));
}

std::unique_ptr<re2::RE2> compiled(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);
  return std::make_unique<re2::RE2>(pattern, options);
}

/// The longer first: "alice.example.org" before "alice".
std::string alternatives(std::vector<std::string> names) {
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  std::string pattern;
  for (const std::string& name : names) {
    pattern += (pattern.empty() ? "" : "|") + re2::RE2::QuoteMeta(name);
  }
  return pattern;
}

constexpr std::string_view home_places = "/(?:var/home|home|Users|run/media|media)/";

}  // namespace

PersonalNames::PersonalNames() = default;
PersonalNames::~PersonalNames() = default;

void PersonalNames::add(std::string_view name, std::string_view stem) {
  constexpr std::size_t longest = 255;
  const std::string key = lower(name);
  if (key.empty() || key.size() > longest || stand_ins_.contains(key) ||
      stand_ins_.size() == most_names) {
    return;
  }
  // "user1", "user1xxx" and, of three letters, "us1": as long as the name.
  for (std::size_t number = 1;; ++number) {
    const std::string digits = std::to_string(number);
    std::string word(stem.substr(0, key.size() - std::min(digits.size(), key.size())));
    word += digits;
    word.resize(key.size(), 'x');
    if (used_.insert(word).second || digits.size() > key.size()) {
      stand_ins_.emplace(key, std::move(word));
      break;
    }
  }
  words_.reset();
  places_.reset();
}

void PersonalNames::add_user(std::string_view name) {
  if (name != "root" && name.find('/') == std::string_view::npos) {
    add(name, "user");
  }
}

void PersonalNames::add_host(std::string_view name) {
  name = words_of(name).empty() ? std::string_view() : words_of(name).front();
  if (name.empty() || lower(name).starts_with("localhost")) {
    return;
  }
  add(name, "host");
  if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    add(name.substr(0, dot), "host");
    add(name.substr(dot + 1), "domain");
  }
}

void PersonalNames::learn_accounts(const Root& root) {
  const std::string passwd = root.read("/etc/passwd", largest_file).value_or("");
  std::set<std::string_view> system;
  for (const std::string_view line : lines_of(passwd)) {
    // alice:x:1000:1000:Alice Smith,,,:/home/alice:/bin/bash
    const auto fields = split(line, ':');
    const auto id = fields.size() == 7 ? parse_number(fields[2]) : std::nullopt;
    if (!id || *id < first_person || *id >= after_people) {
      system.insert(fields.front());
      continue;
    }
    add_user(fields[0]);
    const std::string_view person = split(fields[4], ',').front();
    add_user(person);
    for (const std::string_view word : words_of(person)) {
      if (word.size() > shortest_word) {
        add_user(word);
      }
    }
  }
  const std::string group = root.read("/etc/group", largest_file).value_or("");
  for (const std::string_view line : lines_of(group)) {
    const auto fields = split(line, ':');
    for (const std::string_view member :
         fields.size() == 4 ? split(fields[3], ',') : std::vector<std::string_view>()) {
      if (!system.contains(member)) {
        add_user(member);
      }
    }
  }
}

void PersonalNames::learn_host(const Root& root) {
  for (const char* const path : {"/proc/sys/kernel/hostname", "/etc/hostname"}) {
    add_host(root.read_line(path).value_or(""));
  }
  add_host(root.read_line("/proc/sys/kernel/domainname").value_or("(none)") == "(none)"
               ? ""
               : *root.read_line("/proc/sys/kernel/domainname"));
  const std::string hosts = root.read("/etc/hosts", largest_file).value_or("");
  for (const std::string_view line : lines_of(hosts)) {
    const auto words = words_of(line);
    // Debian's line for the machine itself.
    for (std::size_t at = 1; at < words.size() && words[0].starts_with("127."); ++at) {
      add_host(words[at]);
    }
  }
}

void PersonalNames::learn(const Root& root, const Environment& environment) {
  learn_accounts(root);
  learn_host(root);
  for (const char* const variable : {"USER", "LOGNAME", "SUDO_USER", "USERNAME"}) {
    if (const auto found = environment.find(variable); found != environment.end()) {
      add_user(found->second);
    }
  }
  for (const char* const variable : {"HOSTNAME", "HOST"}) {
    if (const auto found = environment.find(variable); found != environment.end()) {
      add_host(found->second);
    }
  }
  for (const auto& [name, value] : environment) {
    learn_from(name == "HOME" ? value + "/" : value);
  }
  if (root.is_system()) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) {
      add_host(host.data());
    }
  }
}

void PersonalNames::learn_from(std::string_view text) {
  // A name with a dot could be a file in /home, unless something is below it.
  static const re2::RE2 place(
      std::string(home_places) +
          R"((?:([\w.\x80-\xff-]+)/|([\w\x80-\xff-]+)(?:[^\w./\x80-\xff-]|$)))",
      re2::RE2::Latin1);
  re2::StringPiece rest(text.data(), text.size());
  std::string with_more;
  std::string alone;
  while (re2::RE2::FindAndConsume(&rest, place, &with_more, &alone)) {
    add_user(with_more.empty() ? alone : with_more);
  }
}

void PersonalNames::compile() const {
  if (places_ != nullptr || stand_ins_.empty()) {
    return;
  }
  std::vector<std::string> all;
  std::vector<std::string> words;
  for (const auto& [name, stand_in] : stand_ins_) {
    all.push_back(name);
    if (!is_technical_word(name)) {
      words.push_back(name);
    }
  }
  places_ = compiled(std::string(home_places) + "(" + alternatives(all) + ")(?:[^\\w.-]|$)");
  words_ = words.empty() ? nullptr : compiled("(" + alternatives(words) + ")");
}

std::string PersonalNames::replace(std::string_view text) const {
  return replace(text, 1);
}

std::string PersonalNames::replace_in_bytes(std::string_view bytes) const {
  constexpr std::size_t shortest_in_bytes = 5;
  return replace(bytes, shortest_in_bytes);
}

std::string PersonalNames::replace(std::string_view text, std::size_t shortest) const {
  std::string out(text);
  compile();
  for (const auto* const pattern : {places_.get(), words_.get()}) {
    if (pattern == nullptr || !pattern->ok()) {
      continue;
    }
    // Of the same length: what is replaced moves nothing.
    const re2::StringPiece all(out.data(), out.size());
    std::array<re2::StringPiece, 2> found;
    std::size_t at = 0;
    while (at < out.size() &&
           pattern->Match(all, at, out.size(), re2::RE2::UNANCHORED, found.data(), 2)) {
      const auto begin = static_cast<std::size_t>(found[1].data() - out.data());
      const std::string_view name(found[1].data(), found[1].size());
      at = begin + 1;
      if (pattern == places_.get() ||
          (name.size() >= shortest && is_whole_word(out, begin, name.size()))) {
        const std::string stand_in = stand_ins_.find(lower(name))->second;
        at = begin + stand_in.size();
        out.replace(begin, stand_in.size(), stand_in);
      }
    }
  }
  return out;
}

}  // namespace rocmfix::detail
