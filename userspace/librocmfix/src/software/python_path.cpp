// SPDX-License-Identifier: MIT
#include "software/python_path.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "util/words.hpp"

namespace rocmfix::detail {
namespace {

constexpr std::size_t longest_text = 64U << 10U;
constexpr std::size_t most_pth_files = 64;

/// What the interpreter's own options say.
struct Options {
  bool ignore_environment = false;
  bool no_user_site = false;
  bool no_site = false;
  bool no_first = false;  ///< neither the script's folder nor the current one
  std::string first;      ///< folder that comes first; empty: the current one
};

Options read_options(const Program& python, const Lookup& lookup) {
  Options options;
  const auto& words = python.arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word.front() != '-') {
      if (word != "-") {
        const std::string script = lookup.absolute(word);
        const std::string real = lookup.real_path(script);
        options.first = parent(real.empty() ? script : real);
      }
      return options;
    }
    if (word.starts_with("--")) {
      i += word == "--check-hash-based-pycs" ? 1 : 0;
      continue;
    }
    for (std::size_t at = 1; at < word.size(); ++at) {
      const char letter = word[at];
      options.ignore_environment |= letter == 'E' || letter == 'I';
      options.no_user_site |= letter == 's' || letter == 'I';
      options.no_first |= letter == 'P' || letter == 'I';
      options.no_site |= letter == 'S';
      if (letter == 'c' || letter == 'm') {
        return options;
      }
      if (letter == 'W' || letter == 'X') {
        i += at + 1 == word.size() ? 1 : 0;
        break;
      }
    }
  }
  return options;
}

/// "3.11" of "python3.11", "3.13t" of "python3.13t"; empty for "python3".
std::string version_in(std::string_view name) {
  constexpr std::string_view prefix = "python";
  if (!name.starts_with(prefix)) {
    return {};
  }
  name.remove_prefix(prefix.size());
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) {
    return {};
  }
  const auto dash = name.find('-');  // python3.11-dbg
  return std::string(name.substr(0, dash));
}

std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// A key of pyvenv.cfg; empty when it is not there.
std::string setting(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    const auto equals = line.find('=');
    std::string name(trimmed(line.substr(0, std::min(equals, line.size()))));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (equals != std::string_view::npos && name == key) {
      return std::string(trimmed(line.substr(equals + 1)));
    }
  }
  return {};
}

class Site {
 public:
  Site(const Program& python, Lookup& lookup)
      : python_(python), lookup_(lookup), options_(read_options(python, lookup)) {}

  PythonPath find() {
    if (!options_.ignore_environment && !lookup_.variable("PYTHONHOME").empty()) {
      path_.why = "PYTHONHOME moves the standard library and its packages";
      return std::move(path_);
    }
    add_first();
    if (options_.no_site) {
      return std::move(path_);
    }
    const std::string folder = parent(python_.file);
    for (const std::string& place : {folder, parent(folder)}) {
      if (const auto text = lookup_.head(place + "/pyvenv.cfg", longest_text)) {
        add_venv(parent(folder), *text);
        return std::move(path_);
      }
    }
    add_base(lookup_.real_path(python_.file));
    return std::move(path_);
  }

 private:
  void add(const std::string& folder) {
    const auto& folders = path_.folders;
    if (lookup_.is_folder(folder) &&
        std::find(folders.begin(), folders.end(), folder) == folders.end()) {
      path_.folders.push_back(folder);
    }
  }

  void add_first() {
    if (!options_.no_first) {
      add(options_.first.empty() ? lookup_.absolute("") : options_.first);
    }
    const std::string list = lookup_.variable("PYTHONPATH");
    if (options_.ignore_environment || list.empty()) {
      return;
    }
    for (std::string_view rest = list;;) {
      const auto end = std::min(rest.find(':'), rest.size());
      add(lookup_.absolute(rest.substr(0, end)));
      if (end == rest.size()) {
        return;
      }
      rest.remove_prefix(end + 1);
    }
  }

  /// A folder whose .pth files count, too.
  void add_site(const std::string& folder) {
    if (!lookup_.is_folder(folder)) {
      return;
    }
    add(folder);
    auto files = lookup_.glob(folder, "*.pth");
    files.resize(std::min(files.size(), most_pth_files));
    for (const std::string& file : files) {
      const auto text = lookup_.head(file, longest_text);
      for (std::string_view rest = text ? *text : std::string_view(); !rest.empty();) {
        const std::string line(trimmed(next_line(rest)));
        if (line.starts_with("import ") || line.starts_with("import\t")) {
          path_.hooks.push_back(file_name(file));
        } else if (!line.empty() && !line.starts_with('#')) {
          add(line.starts_with('/') ? line : join(folder, line));
        }
      }
    }
  }

  void add_user_site(const std::string& version) {
    if (options_.no_user_site ||
        (!options_.ignore_environment && !lookup_.variable("PYTHONNOUSERSITE").empty())) {
      return;
    }
    std::string base = options_.ignore_environment ? "" : lookup_.variable("PYTHONUSERBASE");
    if (base.empty() && !lookup_.variable("HOME").empty()) {
      base = lookup_.variable("HOME") + "/.local";
    }
    if (!base.empty()) {
      add_site(base + "/lib/python" + version + "/site-packages");
    }
  }

  void add_venv(const std::string& prefix, const std::string& text) {
    const auto folders = lookup_.glob(prefix, "lib/python3.*/site-packages");
    const std::string real = lookup_.real_path(python_.file);
    std::string version = version_in(file_name(real));
    if (version.empty() && folders.size() == 1) {
      version = version_in(file_name(parent(folders.front())));
    }
    if (version.empty()) {
      path_.why = prefix + " is a virtual environment of an unknown version of Python";
      return;
    }
    path_.version = version;
    const std::string site = "/python" + version + "/site-packages";
    add_site(prefix + "/lib" + site);
    add_site(prefix + "/lib64" + site);
    std::string system = setting(text, "include-system-site-packages");
    std::transform(system.begin(), system.end(), system.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (system == "true") {
      const std::string home = setting(text, "home");
      add_base(real.empty() ? home + "/python" + version : real);
    }
  }

  /// An installation itself, by its interpreter's real path.
  void add_base(const std::string& real) {
    const std::string prefix = parent(parent(real));
    std::string version = version_in(file_name(real));
    if (version.empty()) {
      const auto libraries = lookup_.glob(prefix, "lib/python3.*/os.py");
      version = libraries.size() == 1 ? version_in(file_name(parent(libraries.front()))) : "";
    }
    const std::string python = "/python" + version;
    if (version.empty() || !(lookup_.is_file(prefix + "/lib" + python + "/os.py") ||
                             lookup_.is_file(prefix + "/lib64" + python + "/os.py"))) {
      path_.why = real + " has no standard library in " + prefix + "/lib";
      return;
    }
    path_.version = version;
    add_user_site(version);
    if (prefix == "/usr" || prefix == "/") {
      add_site("/usr/local/lib" + python + "/dist-packages");
      add_site("/usr/lib/python3/dist-packages");
      add_site("/usr/lib" + python + "/dist-packages");
      add_site("/usr/local/lib" + python + "/site-packages");
      add_site("/usr/local/lib64" + python + "/site-packages");
    }
    const std::string usr = prefix == "/" ? "/usr" : prefix;
    add_site(usr + "/lib" + python + "/site-packages");
    add_site(usr + "/lib64" + python + "/site-packages");
  }

  const Program& python_;
  Lookup& lookup_;
  Options options_;
  PythonPath path_;
};

}  // namespace

PythonPath python_path(const Program& python, Lookup& lookup) {
  return Site(python, lookup).find();
}

}  // namespace rocmfix::detail
