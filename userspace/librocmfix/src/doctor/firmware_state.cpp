// SPDX-License-Identifier: MIT
#include "doctor/firmware_state.hpp"

#include "base/distribution.hpp"
#include "doctor/gpu_finding.hpp"
#include "machine/firmware.hpp"
#include "machine/firmware_rules.hpp"
#include "modprobe/update_initramfs.hpp"

namespace rocmfix::detail {

namespace {

// A file in /etc/rocmfix that cannot be read is what the check "firmware-version" reports.
FirmwareRules rules_of(const Root& root) {
  auto rules = FirmwareRules::load(root);
  return rules ? std::move(*rules) : FirmwareRules::built_in();
}

std::string command_of(const FirmwarePackage& package, const OsRelease& os) {
  if (!package.package.empty()) {
    return newest_command(os, {&package.package, 1}).value_or("");
  }
  return package.command.empty() ? update_command(os) : std::string(package.command);
}

}  // namespace

FirmwareState firmware_state(const Subject& subject, const Gpu& gpu) {
  FirmwareState state;
  state.loaded = read_loaded_mec(subject.root, gpu_directory(gpu));
  const FirmwareRules rules = rules_of(subject.root);
  if (const AtomicsRule* const rule = rules.without_atomics(gpu)) {
    state.needed = rule->mec;
    state.needed_source = rule->source;
  }
  const FirmwareFile* const file = rules.file_of(gpu);
  if (file == nullptr) {
    return state;
  }
  state.file = file->mec;
  state.file_source = file->source;
  const auto path =
      find_firmware(subject.root, file->mec, subject.machine.driver.kernel_release.value_or(""));
  if (path) {
    state.path = *path;
    const auto version = read_firmware_version(subject.root, *path);
    if (version) {
      state.installed = *version;
    } else {
      state.damaged = version.error();
    }
  }
  return state;
}

void add_firmware_remedy(const Subject& subject, const FirmwareState& state, Finding& finding) {
  if (state.installed && state.needed && *state.installed >= *state.needed) {
    finding.remedy += formatted(
        "{}Version {} is installed and not loaded, probably because the initramfs has an older "
        "copy: rebuild it, then reboot.",
        finding.remedy.empty() ? "" : " ", *state.installed);
    finding.command = initramfs_command(subject.root);
    return;
  }
  const OsRelease os = read_os_release(subject.root);
  const FirmwareRules rules = rules_of(subject.root);
  if (const FirmwarePackage* const package = rules.package_for(os.id, os.version)) {
    finding.remedy += formatted("{}{}", finding.remedy.empty() ? "" : " ",
                                sentence(std::string(package->remedy)));
    finding.command = command_of(*package, os);
  }
}

}  // namespace rocmfix::detail
