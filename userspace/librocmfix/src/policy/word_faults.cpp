// SPDX-License-Identifier: MIT
#include "policy/word_faults.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "modprobe/boot_parameters.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

std::string text_of(const ParameterWord& word) {
  return word.value ? formatted("{}={}", word.name, *word.value) : word.name;
}

}  // namespace

std::string bare(std::string_view word) {
  const auto is_letter = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  while (!word.empty() && !is_letter(word.front())) {
    word.remove_prefix(1);
  }
  while (!word.empty() && !is_letter(word.back())) {
    word.remove_suffix(1);
  }
  std::string plain = underscores(word);
  std::transform(plain.begin(), plain.end(), plain.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return plain;
}

std::string without_module(std::string_view word) {
  return std::string(word.starts_with(module_prefix) ? word.substr(module_prefix.size()) : word);
}

void WordFaults::add(const Where& where, std::string_view text, std::string fault,
                     std::string remedy, bool blocks) {
  if (faults_.size() < most_faults) {
    faults_.push_back({where.file, where.line, std::string(text.substr(0, longest_text)),
                       std::move(fault), std::move(remedy), edit_command(where.file), blocks});
  }
}

void WordFaults::replace_by(const Where& where, std::string_view text, std::string fault,
                            const std::string& right, bool blocks) {
  add(where, text, std::move(fault),
      formatted("write `{}` in line {}: {}", right, where.line, edit_command(where.file)), blocks);
}

void WordFaults::put_instead(const Where& where, std::string_view text, std::string fault,
                             const std::string& right, bool blocks) {
  add(where, text, std::move(fault),
      formatted("write `{}` instead of `{}` in line {}: {}", right, text, where.line,
                edit_command(where.file)),
      blocks);
}

bool WordFaults::is_parameter(std::string_view name) const {
  return kind_of_parameter(driver_, settings_, name) != ParameterKind::unknown;
}

bool WordFaults::is_setting(std::string_view word) const {
  const auto words = parameter_words(without_module(word));
  return !words.empty() && words.front().value &&
         words.front().name.find('.') == std::string::npos && is_parameter(words.front().name);
}

std::string WordFaults::settings_in(std::string_view text) const {
  std::string settings;
  for (const std::string_view word : words_of(text)) {
    settings += is_setting(word) ? " " + without_module(word) : "";
  }
  return settings;
}

void WordFaults::examine_words(std::string_view rest, const Where& where) {
  const auto words = parameter_words(rest);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const ParameterWord& word = words[i];
    if (word.name == "__" && !word.value) {
      add(where, rest, "the kernel ignores what follows `--`",
          formatted("remove `--` from line {}: {}", where.line, edit_command(where.file)));
      return;
    }
    if (word.name.starts_with('#')) {
      examine_comment(words, i, rest, where);
      return;
    }
    i += examine_word(words, i, where);
  }
}

void WordFaults::examine_comment(const std::vector<ParameterWord>& words, std::size_t at,
                                 std::string_view rest, const Where& where) {
  const auto refused =
      std::find_if(words.begin() + static_cast<std::ptrdiff_t>(at), words.end(),
                   [this](const ParameterWord& word) { return is_refused_word(word); });
  const std::string fault =
      "modprobe knows no comment after an option: its words go to the kernel as parameters";
  const std::string remedy = formatted("put the comment on a line of its own, before line {}: {}",
                                       where.line, edit_command(where.file));
  const std::string text(rest.substr(std::min(rest.find('#'), rest.size())));
  if (refused != words.end()) {
    add(where, text,
        formatted("{}, and amdgpu is not loaded because of `{}`", fault, text_of(*refused)), remedy,
        true);
  } else {
    add(where, text, formatted("{}, which ignores those that it does not know", fault), remedy);
  }
}

bool WordFaults::is_refused_word(const ParameterWord& word) const {
  const ParameterKind kind = kind_of_parameter(driver_, settings_, word.name);
  return word.value ? is_refused(kind, *word.value)
                    : kind == ParameterKind::number || kind == ParameterKind::text;
}

std::size_t WordFaults::examine_word(const std::vector<ParameterWord>& words, std::size_t at,
                                     const Where& where) {
  const ParameterWord& word = words[at];
  const auto is_sign = [&](std::size_t i) {
    return i < words.size() && words[i].name.empty() && words[i].value;
  };
  // "noretry = 0", "noretry =0" and "noretry= 0"
  const bool split_before = !word.value && is_sign(at + 1);
  const bool alone = split_before && words[at + 1].value->empty();
  const bool split_after = word.value && word.value->empty();
  const bool has_next = at + (alone ? 2 : 1) < words.size();
  if (is_parameter(word.name) && (split_before || (split_after && has_next))) {
    const bool takes_next =
        (alone || split_after) && has_next && !words[at + (alone ? 2 : 1)].value;
    if (split_before || takes_next) {
      const std::string value = alone || split_after
                                    ? (takes_next ? words[at + (alone ? 2 : 1)].name : "")
                                    : *words[at + 1].value;
      const std::string text = formatted("{}{}={}{}", word.name, split_before ? " " : "",
                                         alone || split_after ? " " : "", value);
      refuse(where, text, "there must be no blanks around `=`",
             formatted("{}={}", word.name, value));
      return (split_before ? 1U : 0U) + (takes_next ? 1U : 0U);
    }
  }
  if (!word.value) {
    examine_name(word, where);
  } else {
    examine_value(word, where);
  }
  return 0;
}

void WordFaults::refuse(const Where& where, const std::string& text, std::string_view why,
                        const std::string& right) {
  const std::string fault = formatted("{}, and the kernel does not load amdgpu with it", why);
  if (where.line == 0) {
    const std::string word = text.find(' ') == std::string::npos
                                 ? formatted("{}{}", module_prefix, text)
                                 : formatted("{}{}", module_prefix, text.substr(0, text.find(' ')));
    const BootRemedy remedy = remove_boot_parameter(root_, word);
    faults_.push_back(
        {where.file, 0, std::string(module_prefix) + text, fault,
         formatted("{}{}", remedy.text,
                   right.empty() ? "" : formatted(" (`{}{}` is right)", module_prefix, right)),
         remedy.command, true});
  } else if (right.empty()) {
    add(where, text, fault,
        formatted("correct {} in line {}, or remove it: {}", text, where.line,
                  edit_command(where.file)),
        true);
  } else {
    put_instead(where, text, fault, right, true);
  }
}

void WordFaults::examine_name(const ParameterWord& word, const Where& where) {
  const ParameterKind kind = kind_of_parameter(driver_, settings_, word.name);
  if (kind == ParameterKind::number || kind == ParameterKind::text) {
    refuse(where, word.name, "it has no value", "");
    return;
  }
  // "noretry:0", "noretry,0"
  const std::size_t end = word.name.find_first_of(":,;");
  const std::string name = bare(word.name.substr(0, end));
  if (end != std::string::npos && is_parameter(name)) {
    ignored(where, word.name, "it is not of the form NAME=VALUE",
            formatted("{}={}", name, word.name.substr(end + 1)));
  } else if (kind == ParameterKind::unknown && is_parameter(name)) {
    ignored(where, word.name, "there is no parameter of that name", name + "=VALUE");
  }
}

void WordFaults::ignored(const Where& where, const std::string& text, std::string_view why,
                         const std::string& right) {
  const std::string fault = formatted("{}, so the kernel ignores it", why);
  if (where.line == 0) {
    const BootRemedy remedy = remove_boot_parameter(root_, formatted("{}{}", module_prefix, text));
    faults_.push_back({where.file, 0, std::string(module_prefix) + text, fault,
                       formatted("{} (`{}{}` is right)", remedy.text, module_prefix, right),
                       remedy.command, false});
  } else {
    put_instead(where, text, fault, right, false);
  }
}

void WordFaults::examine_value(const ParameterWord& word, const Where& where) {
  const ParameterKind kind = kind_of_parameter(driver_, settings_, word.name);
  const std::string text = text_of(word);
  if (is_refused(kind, *word.value)) {
    refuse_value(word, kind, where);
    return;
  }
  const std::string inner = without_module(word.name);
  const std::string name = bare(inner);
  if (kind == ParameterKind::unknown && name != word.name && is_parameter(name)) {
    ignored(where, text, "there is no parameter of that name",
            formatted("{}={}", name, bare_value(*word.value)));
  }
}

std::string WordFaults::bare_value(std::string_view value) {
  constexpr std::string_view around = "'`,;";
  while (!value.empty() && around.find(value.front()) != std::string_view::npos) {
    value.remove_prefix(1);
  }
  while (!value.empty() && around.find(value.back()) != std::string_view::npos) {
    value.remove_suffix(1);
  }
  return std::string(value);
}

void WordFaults::refuse_value(const ParameterWord& word, ParameterKind kind, const Where& where) {
  const std::string text = text_of(word);
  std::string right;
  const std::string plain = bare_value(*word.value);
  const std::size_t comma = plain.find_first_of(",;");
  if (!is_refused(kind, plain)) {
    right = formatted("{}={}", word.name, plain);
  } else if (comma != std::string::npos && !is_refused(kind, plain.substr(0, comma))) {
    right = formatted("{}={}", word.name, plain.substr(0, comma));
    for (const std::string_view more : split(std::string_view(plain).substr(comma + 1), ',')) {
      right += is_setting(more) ? formatted(" {}", more) : "";
    }
  }
  refuse(where, text,
         word.value->empty()           ? "it has no value"
         : kind == ParameterKind::flag ? "its value has to be Y or N"
                                       : "its value has to be a number",
         right);
}

void WordFaults::examine_command_line() {
  const auto text = root_.read(command_line_path, 1U << 16U);
  if (!text) {
    return;
  }
  const Where where{std::string(command_line_path), 0};
  const auto words = parameter_words(*text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    ParameterWord word = words[i];
    const bool named = word.name.starts_with(module_prefix);
    word.name = without_module(word.name);
    const bool lone_sign = i + 1 < words.size() && words[i + 1].name.empty();
    if (named && !word.value && lone_sign && is_parameter(word.name)) {
      refuse(where, word.name, "there must be no blanks around `=`", "");
    } else if (named && !word.value) {
      examine_name(word, where);
    } else if (named) {
      examine_value(word, where);
    } else if (word.value && is_known_setting(word.name)) {
      const BootRemedy remedy = remove_boot_parameter(root_, text_of(word));
      faults_.push_back(
          {where.file, 0, text_of(word), "no module is named, so it does nothing",
           formatted("{} (`{}{}` is right)", remedy.text, module_prefix, text_of(word)),
           remedy.command, false});
    }
  }
}

bool WordFaults::is_known_setting(std::string_view name) const {
  return name.find('.') == std::string_view::npos &&
         std::any_of(settings_.begin(), settings_.end(), [&](const Setting& one) {
           return one.layer == Layer::module && one.name == name;
         });
}

}  // namespace rocmfix::detail
