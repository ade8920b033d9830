// SPDX-License-Identifier: MIT
// The MEC firmware that runs, against the file that is installed and the version that is needed.
#include "doctor/firmware_state.hpp"
#include "doctor/gpu_finding.hpp"
#include "machine/firmware_rules.hpp"
#include "modprobe/update_initramfs.hpp"

namespace rocmfix::detail {

namespace {

std::vector<std::string> evidence_of(const Gpu& gpu, const FirmwareState& state) {
  std::vector<std::string> evidence;
  if (state.loaded) {
    evidence.push_back(gpu_evidence(gpu, "fw_version/mec_fw_version", *state.loaded));
  }
  if (state.installed) {
    evidence.push_back(formatted("{}: version {}", state.path, *state.installed));
  } else if (!state.file.empty() && state.path.empty()) {
    evidence.push_back(formatted("/lib/firmware/{}: missing", state.file));
  }
  if (state.needed) {
    evidence.push_back(formatted("without PCIe atomics KFD needs {}", *state.needed));
  }
  return evidence;
}

// The driver does not say what runs, so what is installed decides.
void judge_unloaded(const Subject& subject, const Gpu& gpu, const FirmwareState& state,
                    Finding& finding) {
  if (state.file.empty()) {
    finding.summary = "which firmware the card needs is not known";
  } else if (state.path.empty() && gpu.kfd_node) {
    // The kernel has found it: in the initramfs, or in a folder that only this system looks in.
    finding.verdict = CheckVerdict::note;
    finding.summary =
        formatted("{} is not in the kernel's folders, although the card runs", state.file);
    finding.remedy =
        "If it came from the initramfs, a rebuilt one will not have it, and the card will not "
        "start: install the firmware package.";
  } else if (state.path.empty()) {
    finding.verdict = CheckVerdict::problem;
    finding.summary = formatted("the card's firmware {} is not installed", state.file);
    add_firmware_remedy(subject, state, finding);
  } else {
    finding.summary =
        formatted("the driver does not say which firmware runs; {} is installed", *state.installed);
  }
}

void judge_loaded(const Subject& subject, const Gpu& gpu, const FirmwareState& state,
                  Finding& finding) {
  finding.verdict = CheckVerdict::ok;
  finding.summary = formatted("MEC firmware {}", *state.loaded);
  if (state.too_old() && !gpu.kfd_node && gpu.apu != true) {
    finding.verdict = CheckVerdict::problem;
    finding.summary =
        formatted("MEC firmware {} is too old for a slot without PCIe atomics", *state.loaded);
    finding.source = state.needed_source;
    add_firmware_remedy(subject, state, finding);
  } else if (state.file.empty()) {
    finding.summary += "; which file it is from is not known";
  } else if (state.path.empty()) {
    finding.verdict = CheckVerdict::note;
    finding.summary += formatted(" runs, and {} is not installed", state.file);
    finding.remedy =
        "It came from the initramfs. A rebuilt one will not have it, and the card will not start: "
        "install the firmware package.";
    finding.source = state.file_source;
  } else if (*state.installed != *state.loaded) {
    const bool newer = *state.installed > *state.loaded;
    finding.verdict = CheckVerdict::note;
    finding.summary += formatted(" runs, and {} is installed", *state.installed);
    finding.remedy =
        newer ? "The newer one is loaded after the initramfs is rebuilt and the machine reboots."
              : "The older one is loaded when the initramfs is rebuilt and the machine reboots.";
    finding.command = newer ? initramfs_command(subject.root) : "";
  } else {
    finding.summary += formatted(", as in {}", state.path);
  }
}

}  // namespace

Findings firmware_version(const Subject& subject) {
  Findings findings = for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    const FirmwareState state = firmware_state(subject, gpu);
    Finding finding;
    finding.evidence = evidence_of(gpu, state);
    if (state.damaged) {
      const bool broken = state.damaged->code == ErrorCode::invalid;
      finding.verdict = broken ? CheckVerdict::problem : CheckVerdict::unknown;
      finding.summary = to_string(*state.damaged);
      finding.remedy = broken ? "amdgpu cannot load it at the next boot. Install the package again."
                              : "The kernel reads it as root, who can examine it here, too.";
      finding.command = broken ? "" : "sudo rocmfix doctor firmware-version";
      finding.source = state.file_source;
    } else if (state.loaded) {
      judge_loaded(subject, gpu, state, finding);
    } else {
      judge_unloaded(subject, gpu, state, finding);
    }
    return finding;
  });
  if (const auto rules = FirmwareRules::load(subject.root); !rules) {
    Finding finding;
    finding.verdict = CheckVerdict::warning;
    finding.summary = to_string(rules.error());
    finding.remedy = "The built-in table is used. " + sentence(rules.error().hint);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
