// SPDX-License-Identifier: MIT
// The lines of modprobe's configuration files, in the order in which modprobe reads them, each
// with its file and line number. libkmod merges the files but does not say where a line stood.
//
// Owns: which files count (names, precedence of the directories, no link out of the root) and how
// a line is joined and split. Does not interpret a line: modprobe_conf.cpp does.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct ModprobeLine {
  std::string command;  ///< "options", "blacklist", "install", ...
  std::string module;   ///< second word, '-' turned into '_'; empty: there is none
  std::string rest;     ///< what follows it, untouched
  std::string file;     ///< path inside the root
  unsigned line = 0;    ///< 1-based, the first of a continued line
};

struct ModprobeFiles {
  std::vector<ModprobeLine> lines;
  std::vector<std::string> unreadable;  ///< files that count but cannot be read (permission, size)
};

/// With `in_place_of`, the file of that path has the given text instead of its own.
struct Replacement {
  std::string path;
  std::string text;
};

/// Errors: io when a directory is there but cannot be read.
Result<ModprobeFiles> read_modprobe_files(const Root& root,
                                          const std::optional<Replacement>& in_place_of = {});

/// The same for files found elsewhere (an initramfs): path from "/" -> text.
std::vector<ModprobeLine> modprobe_lines_of(const std::map<std::string, std::string>& files);

/// The directories that modprobe reads, highest precedence first.
std::span<const std::string_view> modprobe_directories();

/// True when modprobe would read the file: in one of its directories, *.conf.
bool is_modprobe_file(std::string_view path);

/// The lines of one file's text.
std::vector<ModprobeLine> parse_modprobe_lines(std::string_view text, const std::string& file);

/// One word of a parameter list.
struct ParameterWord {
  std::string name;
  std::optional<std::string> value;  ///< nullopt: there is no '='
};

/// As the kernel's next_arg() splits, with '-' in a name turned into '_'.
std::vector<ParameterWord> parameter_words(std::string_view text);

/// The same in pairs: "a=1 b="x y" c" -> {{"a","1"},{"b","x y"},{"c",""}}.
std::vector<std::pair<std::string, std::string>> split_parameters(std::string_view text);

/// '-' and '_' are the same to modprobe and to the kernel.
std::string underscores(std::string_view name);

}  // namespace rocmfix::detail
