// SPDX-License-Identifier: MIT
// The faults of single parameters, "noretry = 0": what line_faults.cpp finds within a line, and on
// the kernel command line.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modprobe/modprobe_files.hpp"
#include "policy/parameter_kind.hpp"
#include "rocmfix/module_options.hpp"

namespace rocmfix::detail {

inline constexpr std::string_view module_name = "amdgpu";
inline constexpr std::string_view module_prefix = "amdgpu.";
inline constexpr std::string_view command_line_path = "/proc/cmdline";
inline constexpr std::size_t most_faults = 32;
inline constexpr std::size_t longest_text = 120;

/// What somebody may have meant by the word: without case, and without what is around the letters.
std::string bare(std::string_view word);

/// "noretry=0" of "amdgpu.noretry=0".
std::string without_module(std::string_view word);

/// Collects them.
class WordFaults {
 public:
  WordFaults(const Root& root, const Driver& driver, std::span<const Setting> settings)
      : root_(root), driver_(driver), settings_(settings) {}

  /// The line that is being examined.
  struct Where {
    std::string file;
    unsigned line = 0;  ///< 0: of the kernel command line
  };

  void add(const Where& where, std::string_view text, std::string fault, std::string remedy,
           bool blocks = false);
  void replace_by(const Where& where, std::string_view text, std::string fault,
                  const std::string& right, bool blocks = false);

  /// "noretry=0" or "amdgpu.noretry=0", which somebody may take for a line.
  [[nodiscard]] bool is_setting(std::string_view word) const;

  /// The settings among the words, without their module, a blank before each.
  [[nodiscard]] std::string settings_in(std::string_view text) const;

  /// The parameters of an `options amdgpu` line.
  void examine_words(std::string_view rest, const Where& where);
  void examine_command_line();

  [[nodiscard]] std::vector<LineFault>& faults() { return faults_; }

 private:
  /// Of one word, so that the others of the line stay.
  void put_instead(const Where& where, std::string_view text, std::string fault,
                   const std::string& right, bool blocks);
  [[nodiscard]] bool is_parameter(std::string_view name) const;
  // modprobe has comments at the beginning of a line only.
  void examine_comment(const std::vector<ParameterWord>& words, std::size_t at,
                       std::string_view rest, const Where& where);
  [[nodiscard]] bool is_refused_word(const ParameterWord& word) const;
  /// Returns how many of the words after it belong to it.
  std::size_t examine_word(const std::vector<ParameterWord>& words, std::size_t at,
                           const Where& where);
  void refuse(const Where& where, const std::string& text, std::string_view why,
              const std::string& right);
  void examine_name(const ParameterWord& word, const Where& where);
  void ignored(const Where& where, const std::string& text, std::string_view why,
               const std::string& right);
  void examine_value(const ParameterWord& word, const Where& where);
  static std::string bare_value(std::string_view value);
  // "noretry=0,gttsize=4096", "noretry='0'", "noretry=on", "noretry="
  void refuse_value(const ParameterWord& word, ParameterKind kind, const Where& where);
  /// By settings.toml alone: a name such as "test" or "audio" may be another module's.
  [[nodiscard]] bool is_known_setting(std::string_view name) const;

  const Root& root_;
  const Driver& driver_;
  std::span<const Setting> settings_;
  std::vector<LineFault> faults_;
};

}  // namespace rocmfix::detail
