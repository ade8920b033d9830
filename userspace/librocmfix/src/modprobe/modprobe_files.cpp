// SPDX-License-Identifier: MIT
#include "modprobe/modprobe_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <map>
#include <set>

#include "base/root_recorder.hpp"
#include "util/file_descriptor.hpp"
#include "util/read_to_end.hpp"

namespace rocmfix::detail {
namespace {

// modprobe's own list, highest precedence first; /usr/lib since kmod 31. On a merged-usr system
// the last two are one directory, and the second look finds no new names.
constexpr std::array<std::string_view, 5> directories = {"/etc/modprobe.d", "/run/modprobe.d",
                                                         "/usr/local/lib/modprobe.d",
                                                         "/usr/lib/modprobe.d", "/lib/modprobe.d"};

constexpr std::size_t max_file_bytes = 16U << 20U;
constexpr std::size_t max_bytes = 64U << 20U;  // of all files; some KB are usual

// conf_files_filter_out() of libkmod: no dot-file, at least one character before the suffix. Debian
// 12's libkmod takes *.alias, too, which modprobe.d(5) does not say and Debian 13's does not do.
bool is_config_name(std::string_view name) {
  return name.size() >= 6 && name.front() != '.' && name.ends_with(".conf");
}

enum class Kind { missing, directory, file, other };

// Never blocks and never reads a device: a FIFO or a link to /dev/zero is `other`.
Kind read_regular(const Root& root, const std::string& path, std::size_t limit, std::string& text,
                  bool& readable) {
  readable = true;
  const Result<int> opened = root.open_file(path, O_NONBLOCK | O_NOCTTY);
  if (!opened) {
    readable = opened.error().errnum != EACCES && opened.error().errnum != EPERM;
    return Kind::missing;
  }
  const FileDescriptor fd(*opened);
  struct stat st = {};
  if (::fstat(fd.get(), &st) != 0) {
    return Kind::other;
  }
  if (!S_ISREG(st.st_mode)) {
    return S_ISDIR(st.st_mode) ? Kind::directory : Kind::other;
  }
  readable = read_to_end(fd.get(), limit, text);
  if (root.recorder() != nullptr) {
    root.recorder()->content(path, text);
  }
  if (text.size() > limit) {
    std::string().swap(text);  // and its memory
    readable = false;
  }
  return Kind::file;
}

// Distinguishes "not there" from "there, but closed to us", which Root::list() does not.
Result<std::vector<std::string>> list_directory(const Root& root, std::string_view path) {
  const Result<int> opened = root.open_file(path, O_DIRECTORY | O_NONBLOCK);
  if (!opened) {
    const int errnum = opened.error().errnum;
    if (errnum == EACCES || errnum == EPERM || errnum == EIO) {
      return fail(io_error("cannot read " + root.host_path(path).string(), errnum));
    }
    return std::vector<std::string>();
  }
  const FileDescriptor fd(*opened);
  return root.list(path);
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

// freadline_wrapped() of libkmod: a backslash takes the next character as it is, before a newline
// it joins the lines. Returns the position after the line.
std::size_t join_line(std::string_view text, std::size_t at, std::string& line, unsigned& lines) {
  line.clear();
  lines = 1;
  while (at < text.size()) {
    char c = text[at++];
    if (c == '\n') {
      return at;
    }
    if (c == '\\') {
      if (at == text.size()) {
        return at;
      }
      c = text[at++];
      if (c == '\n') {
        ++lines;
        continue;
      }
    }
    line += c;
  }
  return at;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of("\t ");
  if (begin == std::string_view::npos) {
    text = {};
    return {};
  }
  const std::size_t end = std::min(text.find_first_of("\t ", begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::string underscores(std::string_view name) {
  std::string result(name);
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

std::vector<ModprobeLine> parse_modprobe_lines(std::string_view text, const std::string& file) {
  std::vector<ModprobeLine> lines;
  std::string joined;
  unsigned number = 1;
  for (std::size_t at = 0; at < text.size();) {
    unsigned count = 0;
    at = join_line(text, at, joined, count);
    // modprobe reads into a C string: a NUL ends the line's text.
    std::string_view rest = std::string_view(joined).substr(0, joined.find('\0'));
    const unsigned first = number;
    number += count;
    if (rest.empty() || rest.front() == '#') {
      continue;
    }
    const std::string_view command = next_word(rest);
    const std::string_view module = next_word(rest);
    if (!command.empty()) {
      lines.push_back({std::string(command), underscores(module), std::string(rest), file, first});
    }
  }
  return lines;
}

Result<ModprobeFiles> read_modprobe_files(const Root& root,
                                          const std::optional<Replacement>& in_place_of) {
  std::set<std::string> seen;
  std::map<std::string, std::string> texts;
  std::size_t bytes = 0;
  ModprobeFiles result;
  for (const std::string_view directory : directories) {
    const auto names = list_directory(root, directory);
    if (!names) {
      return fail(names.error());
    }
    for (const std::string& name : *names) {
      if (!is_config_name(name) || seen.contains(name)) {
        continue;
      }
      const std::string path = std::string(directory) + "/" + name;
      std::string text;
      bool readable = true;
      const std::size_t limit = std::min(max_file_bytes, max_bytes - bytes);
      if (read_regular(root, path, limit, text, readable) == Kind::directory) {
        continue;  // does not hide a file of that name further down the list
      }
      if (!readable) {
        result.unreadable.push_back(path);
      }
      if (in_place_of && in_place_of->path == path) {
        text = in_place_of->text;
      } else {
        bytes += text.size();
      }
      seen.insert(name);
      texts.emplace(path, std::move(text));
    }
  }
  result.lines = modprobe_lines_of(texts);
  return result;
}

bool is_modprobe_file(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash != std::string_view::npos && is_config_name(path.substr(slash + 1)) &&
         std::find(directories.begin(), directories.end(), path.substr(0, slash)) !=
             directories.end();
}

std::vector<ModprobeLine> modprobe_lines_of(const std::map<std::string, std::string>& files) {
  std::map<std::string, const std::pair<const std::string, std::string>*> by_name;
  for (const std::string_view directory : directories) {
    for (const auto& file : files) {
      const std::size_t slash = file.first.rfind('/');
      if (is_modprobe_file(file.first) && file.first.substr(0, slash) == directory) {
        by_name.emplace(file.first.substr(slash + 1), &file);
      }
    }
  }
  std::vector<ModprobeLine> result;
  for (const auto& [name, file] : by_name) {
    auto lines = parse_modprobe_lines(file->second, file->first);
    std::move(lines.begin(), lines.end(), std::back_inserter(result));
  }
  return result;
}

std::span<const std::string_view> modprobe_directories() {
  return directories;
}

std::vector<ParameterWord> parameter_words(std::string_view text) {
  std::vector<ParameterWord> words;
  std::size_t at = 0;
  for (;;) {
    while (at < text.size() && is_space(text[at])) {
      ++at;
    }
    if (at == text.size()) {
      return words;
    }
    ParameterWord word;
    bool quoted = false;
    for (; at < text.size() && (quoted || !is_space(text[at])); ++at) {
      const char c = text[at];
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '=' && !word.value) {
        word.value.emplace();
      } else {
        (word.value ? *word.value : word.name) += c;
      }
    }
    word.name = underscores(word.name);
    words.push_back(std::move(word));
  }
}

std::vector<std::pair<std::string, std::string>> split_parameters(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (ParameterWord& word : parameter_words(text)) {
    parameters.emplace_back(std::move(word.name), std::move(word.value).value_or(""));
  }
  return parameters;
}

}  // namespace rocmfix::detail
