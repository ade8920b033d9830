// SPDX-License-Identifier: MIT
#include "policy/line_faults.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "policy/word_faults.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"

namespace rocmfix::detail {
namespace {

using Where = WordFaults::Where;

constexpr std::size_t largest_file = 64U << 10U;

bool is_command(std::string_view word) {
  constexpr std::array<std::string_view, 9> commands = {"alias",   "blacklist", "config",
                                                        "include", "install",   "options",
                                                        "remove",  "softdep",   "weakdep"};
  return std::find(commands.begin(), commands.end(), word) != commands.end();
}

class Finder {
 public:
  Finder(const Root& root, const Driver& driver, std::span<const Setting> settings)
      : words_(root, driver, settings), root_(root) {}

  std::vector<LineFault> run(const ModprobeFiles& files) {
    for (const ModprobeLine& line : files.lines) {
      examine(line);
    }
    examine_unread_files();
    words_.examine_command_line();
    std::vector<LineFault> found = std::move(words_.faults());
    return found;
  }

 private:
  void examine(const ModprobeLine& line) {
    const Where where{line.file, line.line};
    const std::string whole = formatted("{}{}{}{}{}", line.command, line.module.empty() ? "" : " ",
                                        line.module, line.rest.empty() ? "" : " ", line.rest);
    if (!is_command(line.command)) {
      examine_unknown(line, where, whole);
    } else if (line.command == "options") {
      examine_options(line, where, whole);
    } else if (line.command == "install" && line.module == module_name) {
      examine_install(line, where, whole);
    }
  }

  void examine_unknown(const ModprobeLine& line, const Where& where, const std::string& whole) {
    const std::string values = words_.settings_in(whole);
    const bool meant = line.command.starts_with(module_prefix) || line.module == module_name ||
                       words_.is_setting(line.command);
    if (!meant) {
      return;
    }
    const std::string fault = formatted("modprobe knows no command `{}`, so the line does nothing",
                                        std::string_view(line.command).substr(0, longest_text));
    const std::string plain = bare(line.command);
    if (plain == "blacklist" || plain == "install") {
      words_.replace_by(where, whole, fault, formatted("{} {}", plain, module_name));
    } else if (!values.empty()) {
      words_.replace_by(where, whole, fault, formatted("options {}{}", module_name, values));
    } else {
      words_.add(where, whole, fault,
                 formatted("remove line {}: {}", line.line, edit_command(where.file)));
    }
  }

  void examine_options(const ModprobeLine& line, const Where& where, const std::string& whole) {
    if (line.module == module_name) {
      if (line.rest.find_first_not_of(" \t\r") == std::string::npos) {
        words_.add(where, whole, "it names no parameter, so the line does nothing",
                   formatted("remove line {}: {}", line.line, edit_command(where.file)));
      }
      words_.examine_words(line.rest, where);
      return;
    }
    if (line.module.starts_with(module_prefix) || words_.is_setting(line.module)) {
      const std::string values = " " + without_module(line.module) + words_.settings_in(line.rest);
      words_.replace_by(
          where, whole,
          formatted("it is for a module `{}`, which does not exist, so the line does nothing",
                    std::string_view(line.module).substr(0, longest_text)),
          formatted("options {}{}", module_name, values));
    } else if (bare(line.module) == module_name) {
      words_.replace_by(
          where, whole,
          formatted("it is for a module `{}`, which does not exist, so the line does nothing",
                    line.module),
          formatted("options {} {}", module_name, line.rest));
    }
  }

  /// `install amdgpu modprobe --ignore-install amdgpu NAME=VALUE`: what it sets counts last.
  void examine_install(const ModprobeLine& line, const Where& where, const std::string& whole) {
    const std::string values = words_.settings_in(line.rest);
    if (!values.empty()) {
      words_.add(
          where, whole,
          formatted(
              "the command that loads amdgpu here sets{} after all options, and wins over them",
              values),
          formatted("remove{} from line {}: {}", values, line.line, edit_command(where.file)));
    }
  }

  /// A folder of modprobe's holds a file that modprobe does not read.
  void examine_unread_files() {
    std::vector<std::string> seen;  // on a merged-usr system two names are one folder
    for (const std::string_view directory : modprobe_directories()) {
      const std::string real = root_.real_path(directory).value_or(std::string(directory));
      if (std::find(seen.begin(), seen.end(), real) != seen.end()) {
        continue;
      }
      seen.push_back(real);
      for (const std::string& name : root_.list(directory)) {
        const std::string path = formatted("{}/{}", directory, name);
        if (!is_modprobe_file(path) && !is_put_aside(name)) {
          examine_unread(path,
                         formatted("sudo mv {} {}", shell_word(path), shell_word(path + ".conf")));
        }
      }
    }
    examine_unread("/etc/modprobe.conf", "sudo mv /etc/modprobe.conf /etc/modprobe.d/amdgpu.conf");
    for (const std::string& name : root_.list("/etc/modules-load.d")) {
      const std::string path = formatted("/etc/modules-load.d/{}", name);
      examine_unread(path, formatted("sudo mv {} /etc/modprobe.d/amdgpu.conf", shell_word(path)));
    }
  }

  /// Somebody took it out of use on purpose.
  static bool is_put_aside(std::string_view name) {
    constexpr std::array<std::string_view, 13> endings = {
        "~",    ".bak",      ".old",      ".orig",      ".save",    ".disabled", ".off",
        ".swp", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".rpmsave", ".rpmnew"};
    return name.starts_with('.') || name == "README" ||
           std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return name.ends_with(ending); });
  }

  void examine_unread(const std::string& path, const std::string& command) {
    const auto text = root_.read_regular(path, largest_file);
    if (!text || !*text) {
      return;
    }
    for (const ModprobeLine& line : parse_modprobe_lines(**text, path)) {
      if (line.module == module_name &&
          (line.command == "options" || line.command == "blacklist" || line.command == "install")) {
        const Where where{path, line.line};
        words_.add(where, formatted("{} {}", line.command, line.module),
                   path.ends_with(".conf")
                       ? "modprobe does not read this file, so the line does nothing"
                       : "modprobe reads files whose name ends in .conf, so the line does nothing",
                   command);
        if (words_.faults().back().remedy == command) {
          words_.faults().back().edit = command;
        }
        return;
      }
    }
  }

  WordFaults words_;
  const Root& root_;
};

}  // namespace

Result<std::vector<LineFault>> find_line_faults(const Root& root, const Driver& driver,
                                                std::span<const Setting> settings) {
  const auto files = read_modprobe_files(root);
  if (!files) {
    return fail(files.error());
  }
  return Finder(root, driver, settings).run(*files);
}

}  // namespace rocmfix::detail
