// SPDX-License-Identifier: MIT
#include "modprobe/blacklist.hpp"

#include <algorithm>
#include <vector>

#include "modprobe/boot_parameters.hpp"
#include "modprobe/modprobe_files.hpp"
#include "modprobe/update_initramfs.hpp"
#include "util/formatted.hpp"
#include "util/shell_word.hpp"
#include "util/words.hpp"

namespace rocmfix::detail {

namespace {

enum class Install { loads, refuses, unknown };

/// What `install amdgpu COMMAND` does instead of loading amdgpu.
Install kind_of(std::string_view command) {
  const auto words = words_of(command);
  const auto has = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const bool modprobe = std::any_of(words.begin(), words.end(), [](std::string_view word) {
    return word == "modprobe" || word.ends_with("/modprobe") || word == "insmod" ||
           word.ends_with("/insmod");
  });
  const bool itself = has("amdgpu") && (has("--ignore-install") || has("-i"));
  if (modprobe && (itself || command.find("insmod") != std::string_view::npos)) {
    return Install::loads;
  }
  const std::string_view program = words.empty() ? "" : words.front();
  const bool nothing = program.empty() || program == ":" || program.ends_with("true") ||
                       program.ends_with("false") || program == "/dev/null";
  return nothing && !modprobe ? Install::refuses : Install::unknown;
}

}  // namespace

// A blacklist keeps udev from loading amdgpu; an `install` line replaces the loading itself.
Result<std::optional<Blacklist>> find_blacklist(const Root& root) {
  const auto files = read_modprobe_files(root);
  if (!files) {
    return fail(files.error());
  }
  for (const ModprobeLine& line : files->lines) {
    const bool install = line.command == "install";
    if (line.module != "amdgpu" || (line.command != "blacklist" && !install) ||
        (install && kind_of(line.rest) == Install::loads)) {
      continue;
    }
    const bool certain = !install || kind_of(line.rest) == Install::refuses;
    return std::optional(
        Blacklist{formatted("`{} amdgpu{}{}` in {}:{}{}", line.command,
                            line.rest.empty() ? "" : " ", line.rest, line.file, line.line,
                            certain ? "" : ": it runs a command, which may or may not load amdgpu"),
                  formatted("remove line {}: {}, then {}", line.line, edit_command(line.file),
                            initramfs_command(root)),
                  edit_command(line.file), certain});
  }
  for (const auto& [name, value] : split_parameters(root.read("/proc/cmdline").value_or(""))) {
    const bool list = name == "modprobe.blacklist" || name == "module_blacklist";
    if (list && ("," + value + ",").find(",amdgpu,") != std::string::npos) {
      const std::string word = formatted("{}={}", name, value);
      const BootRemedy remedy =
          remove_boot_parameter(root, word, value == "amdgpu" ? std::string_view() : "amdgpu");
      return std::optional(Blacklist{formatted("`{}` on the kernel command line", word),
                                     remedy.text, remedy.command, true});
    }
  }
  return std::optional<Blacklist>();
}

}  // namespace rocmfix::detail
