// SPDX-License-Identifier: MIT
#include "modprobe/blacklist.hpp"

#include "modprobe/modprobe_files.hpp"
#include "modprobe/update_initramfs.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

// A blacklist keeps udev from loading amdgpu; an `install` line replaces the loading itself.
Result<std::optional<Blacklist>> find_blacklist(const Root& root) {
  const auto files = read_modprobe_files(root);
  if (!files) {
    return fail(files.error());
  }
  for (const ModprobeLine& line : files->lines) {
    if (line.module == "amdgpu" && (line.command == "blacklist" || line.command == "install")) {
      return std::optional(
          Blacklist{formatted("`{} amdgpu{}{}` in {}:{}", line.command,
                              line.rest.empty() ? "" : " ", line.rest, line.file, line.line),
                    formatted("remove line {}: sudoedit {}, then {}", line.line, line.file,
                              initramfs_command(root)),
                    "sudoedit " + line.file});
    }
  }
  for (const auto& [name, value] : split_parameters(root.read("/proc/cmdline").value_or(""))) {
    const bool list = name == "modprobe.blacklist" || name == "module_blacklist";
    if (list && ("," + value + ",").find(",amdgpu,") != std::string::npos) {
      return std::optional(Blacklist{
          formatted("`{}={}` on the kernel command line", name, value),
          "remove amdgpu from it in /etc/default/grub, run `sudo update-grub`, and reboot",
          "sudoedit /etc/default/grub"});
    }
  }
  return std::optional<Blacklist>();
}

}  // namespace rocmfix::detail
