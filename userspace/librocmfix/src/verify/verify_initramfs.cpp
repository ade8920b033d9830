// SPDX-License-Identifier: MIT
#include "verify/verify_initramfs.hpp"

#include <cerrno>
#include <map>

#include "modprobe/update_initramfs.hpp"
#include "util/formatted.hpp"
#include "verify/initramfs.hpp"
#include "verify/verify_words.hpp"

namespace rocmfix::detail {
namespace {

// One module of the image against the installed one.
void compare_modules(const Root& root, Check& check, const Initramfs& image,
                     const Result<ModuleIdentity>& found, const std::string& file) {
  if (!found) {
    // Damaged is wrong; what was too much to read may be sound.
    const bool damaged = found.error().code == ErrorCode::invalid;
    check.ok = damaged ? std::optional(false) : std::nullopt;
    check.detail = to_string(found.error());
    check.hint = damaged ? initramfs_command(root) : found.error().hint;
    return;
  }
  const ModuleIdentity& packed = *found;
  const auto installed = identify_module(root, file);
  if (!installed) {
    check.detail = to_string(installed.error());
    check.hint = installed.error().hint;
    return;
  }
  check.ok = same_module(packed, *installed);
  const std::string name = file.substr(file.rfind('/') + 1);
  check.detail =
      check.ok == true
          ? formatted("{} has the installed {}", image.file, name.substr(0, name.find('.')))
          : formatted(
                "{} has {} (version {}, srcversion {}), but the installed one is {} (version {}, "
                "srcversion {})",
                image.file, packed.path, shown(packed.version), shown(packed.srcversion),
                installed->path, shown(installed->version), shown(installed->srcversion));
  check.hint = check.ok == true ? "" : initramfs_command(root);
}

Check module_check(const Root& root, const Driver& driver, const Initramfs& image) {
  Check check{"initramfs.module", std::nullopt, "", ""};
  if (!image.amdgpu) {
    return {check.id, true, image.file + " has no amdgpu: it is loaded from the root file system",
            ""};
  }
  if (*image.amdgpu && !driver.installed) {
    check.detail = "the installed module is unknown";
    return check;
  }
  compare_modules(root, check, image, *image.amdgpu,
                  driver.installed ? driver.installed->file : std::string());
  return check;
}

// amdgpu that is loaded from there must find the livepatch there.
Check livepatch_check(const Root& root, const Livepatch& livepatch, const Initramfs& image) {
  Check check{"initramfs.livepatch", std::nullopt, "", ""};
  if (!image.amdgpu) {
    check = {check.id, true, image.file + " has no amdgpu: both come from the root file system",
             ""};
  } else if (!image.livepatch) {
    check = {check.id, false,
             image.file +
                 " has amdgpu but not rocmfix_livepatch, which is then loaded too late for the "
                 "retry default",
             initramfs_command(root)};
  } else {
    compare_modules(root, check, image, *image.livepatch, livepatch.installed->file);
  }
  return check;
}

Check configuration_check(const Root& root, const Initramfs& image, const Plan& wanted,
                          const std::string& files_hint) {
  Check check{"initramfs.configuration", true, "", ""};
  if (!image.amdgpu || wanted.settings.empty()) {
    check.detail = image.amdgpu ? "nothing needs setting" : image.file + " has no amdgpu";
    return check;
  }
  if (!image.lines_whole) {
    return {check.id, std::nullopt,
            image.file + " has more modprobe configuration than rocmfix reads", ""};
  }
  std::map<std::string, std::string> values;
  for (const auto& line : image.lines) {
    if (line.command == "options" && line.module == "amdgpu") {
      for (const auto& [name, value] : split_parameters(line.rest)) {
        values[name] = value;
      }
    }
  }
  for (const auto& row : wanted.settings) {
    const auto found = values.find(row.name);
    if (found != values.end() && same_value(found->second, *row.proposed)) {
      continue;
    }
    check.ok = false;
    check.detail += formatted("{}{} is {} in {}, should be {}", check.detail.empty() ? "" : ", ",
                              row.name, found == values.end() ? "not set" : shown(found->second),
                              image.file, *row.proposed);
  }
  if (*check.ok) {
    check.detail = image.file + " has the plan's settings";
  } else {
    check.hint = files_hint.empty()         ? initramfs_command(root)
                 : files_hint == apply_hint ? files_hint  // it does both
                                            : files_hint + ", then " + initramfs_command(root);
  }
  return check;
}

}  // namespace

std::vector<Check> verify_initramfs(const Root& root, const Driver& driver, const Plan& wanted,
                                    const std::string& files_hint) {
  std::vector<Check> checks;
  const auto both = [&checks](std::optional<bool> ok, const std::string& detail,
                              const std::string& hint) {
    checks.push_back({"initramfs.module", ok, detail, hint});
    checks.push_back({"initramfs.configuration", ok, detail, hint});
  };
  if (!driver.kernel_release) {
    both(std::nullopt, "the running kernel's release is not known", "");
    return checks;
  }
  const auto image = read_initramfs(root, *driver.kernel_release);
  if (!image) {
    const Error& error = image.error();
    const bool closed = error.errnum == EACCES || error.errnum == EPERM;
    // Damaged is wrong, whatever is in it: the machine may not boot from it.
    both(error.code == ErrorCode::invalid ? std::optional(false) : std::nullopt, to_string(error),
         closed                             ? "sudo rocmfix verify"
         : error.code == ErrorCode::invalid ? "rebuild it: " + initramfs_command(root)
                                            : error.hint);
  } else if (!*image) {
    both(std::nullopt, formatted("no initramfs for {} in /boot", *driver.kernel_release), "");
  } else {
    checks.push_back(module_check(root, driver, **image));
    if (driver.variant() == Variant::livepatch) {
      checks.push_back(livepatch_check(root, driver.livepatch, **image));
    }
    checks.push_back(configuration_check(root, **image, wanted, files_hint));
  }
  return checks;
}

}  // namespace rocmfix::detail
