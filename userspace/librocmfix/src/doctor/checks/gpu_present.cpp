// SPDX-License-Identifier: MIT
// A card that PCI shows and KFD does not, and why. HIP sees the GPUs of KFD alone.
#include <algorithm>
#include <array>

#include "doctor/firmware_state.hpp"
#include "doctor/gpu_finding.hpp"
#include "machine/kernel_log.hpp"
#include "modprobe/blacklist.hpp"
#include "modprobe/boot_parameters.hpp"
#include "modprobe/modprobe_files.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view kfd = "/sys/devices/virtual/kfd/kfd/topology/nodes";
constexpr const char* kernel_log_command = "sudo dmesg | grep -iE 'amdgpu|kfd'";

/// The last message of this GPU or of KFD that has these words; empty: none, or nobody may look.
std::string log_line(const Subject& subject, const Gpu& gpu, std::string_view words) {
  const auto log = read_kernel_log(subject.root);
  if (!log) {
    return {};
  }
  const auto found = std::find_if(log->rbegin(), log->rend(), [&](const KernelMessage& message) {
    return message.text.find(words) != std::string::npos &&
           (message.text.find(gpu.bdf) != std::string::npos ||
            message.text.find(gpu.pci_id) != std::string::npos);
  });
  return found == log->rend() ? std::string() : found->text;
}

bool on_command_line(const Subject& subject, std::string_view word) {
  const auto words = split_parameters(subject.root.read("/proc/cmdline").value_or(""));
  return std::any_of(words.begin(), words.end(),
                     [&](const auto& one) { return one.first == word && one.second.empty(); });
}

// Held for a virtual machine, or by nobody's will.
Finding other_driver(const Gpu& gpu) {
  constexpr std::array<std::string_view, 3> for_guests = {"vfio-pci", "pci-stub", "xen-pciback"};
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.summary = formatted("{} holds the card, so amdgpu cannot", *gpu.driver);
  finding.evidence = {gpu_evidence(gpu, "driver", *gpu.driver)};
  if (std::find(for_guests.begin(), for_guests.end(), *gpu.driver) != for_guests.end()) {
    finding.remedy = formatted(
        "{} reserves it for a virtual machine. To use it here, remove its ids from the files and "
        "the kernel command line that the command shows, rebuild the initramfs, and reboot.",
        *gpu.driver);
    finding.command = "grep -rE 'vfio|pci-stub|pciback' /etc/modprobe.d /proc/cmdline";
  } else {
    finding.remedy = "See in the kernel log how that came about.";
    finding.command = kernel_log_command;
  }
  return finding;
}

Finding not_installed(const Subject& subject) {
  const std::string release = subject.machine.driver.kernel_release.value_or("");
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.summary = formatted("kernel {} has no amdgpu module", release);
  if (release.find("cloud") != std::string::npos) {
    finding.remedy = "Debian's cloud kernel is built without graphics drivers.";
    finding.command = "sudo apt install linux-image-amd64";
  } else if (release.ends_with("-generic")) {
    finding.remedy = "On Ubuntu it is in a package of its own.";
    finding.command = formatted("sudo apt install linux-modules-extra-{}", release);
  } else {
    finding.remedy = "Install the kernel package that has it, or boot another kernel.";
  }
  return finding;
}

// The kernel has amdgpu, and it does not drive the card.
Finding unbound(const Subject& subject, const Gpu& gpu) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.summary = "no driver drives the card";
  const auto blacklist = find_blacklist(subject.root);
  const FirmwareState firmware = firmware_state(subject, gpu);
  if (on_command_line(subject, "nomodeset")) {
    finding.summary = "`nomodeset` on the kernel command line keeps amdgpu from starting";
    finding.evidence = {"/proc/cmdline: nomodeset"};
    const BootRemedy boot = remove_boot_parameter(subject.root, "nomodeset");
    finding.remedy = sentence(boot.text);
    finding.command = boot.command;
  } else if (blacklist && *blacklist && (*blacklist)->certain) {
    finding.summary = formatted("amdgpu is not loaded: {}", (*blacklist)->what);
    finding.remedy = sentence((*blacklist)->remedy);
    finding.command = (*blacklist)->edit;
  } else if (!firmware.file.empty() && firmware.path.empty()) {
    finding.summary = formatted("the card's firmware {} is not installed", firmware.file);
    add_firmware_remedy(subject, firmware, finding);
    finding.source = firmware.file_source;
  } else if (!subject.machine.driver.loaded) {
    finding.summary = "amdgpu is installed and not loaded";
    finding.remedy = "At boot it should have been. If loading it fails, the kernel log says why.";
    finding.command = "sudo modprobe amdgpu";
  } else {
    const std::string line = log_line(subject, gpu, "Fatal error during GPU init");
    if (!line.empty()) {
      finding.evidence.push_back("/dev/kmsg: " + line);
    }
    finding.remedy = "amdgpu is loaded and gave up this card; the kernel log has the reason.";
    finding.command = kernel_log_command;
  }
  return finding;
}

// amdgpu drives the card, and KFD does not have it.
Finding left_out(const Subject& subject, const Gpu& gpu) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.evidence = {gpu_evidence(gpu, "driver", "amdgpu"), formatted("{}: no such GPU", kfd)};
  if (!subject.root.exists(kfd)) {
    finding.summary = "the kernel has no KFD, which HIP needs";
    finding.evidence.back() = formatted("{}: missing", kfd);
    finding.remedy = "It was built without CONFIG_HSA_AMD; boot your distribution's kernel.";
    return finding;
  }
  const FirmwareState firmware = firmware_state(subject, gpu);
  const std::string line = log_line(subject, gpu, "PCI rejects atomics");
  if (line.empty() && !firmware.too_old()) {
    finding.summary = "KFD does not have the card, so HIP does not see it";
    finding.remedy = "The kernel log has the reason.";
    finding.command = kernel_log_command;
    return finding;
  }
  finding.summary = line.empty()
                        ? "KFD does not have the card, probably for want of PCIe atomics"
                        : "KFD leaves the card out: its slot does not forward PCIe atomics";
  if (!line.empty()) {
    finding.evidence.push_back("/dev/kmsg: " + line);
  }
  if (firmware.loaded) {
    finding.evidence.push_back(
        gpu_evidence(gpu, "fw_version/mec_fw_version", *firmware.loaded) +
        (firmware.needed ? formatted(" (without atomics {} is needed)", *firmware.needed) : ""));
  }
  finding.remedy = "Move it to a slot that is wired to the CPU, or use newer firmware.";
  finding.source = firmware.needed_source;
  add_firmware_remedy(subject, firmware, finding);
  return finding;
}

Finding present(const Subject& subject, const Gpu& gpu) {
  if (gpu.kfd_node) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("KFD node {}{}", *gpu.kfd_node, gpu.gfx ? ", " + *gpu.gfx : "");
    finding.evidence = {formatted("{}/{}/properties", kfd, *gpu.kfd_node)};
    return finding;
  }
  if (gpu.driver && *gpu.driver != "amdgpu") {
    return other_driver(gpu);
  }
  if (gpu.driver) {
    return left_out(subject, gpu);
  }
  const Driver& driver = subject.machine.driver;
  return driver.kernel_release && !driver.installed && !driver.loaded ? not_installed(subject)
                                                                      : unbound(subject, gpu);
}

}  // namespace

Findings gpu_present(const Subject& subject) {
  return for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    Finding finding = present(subject, gpu);
    // What shows GPUs could not all be read: an absence proves nothing then.
    if (finding.verdict == CheckVerdict::problem && !subject.machine.unreadable.empty()) {
      finding.verdict = CheckVerdict::unknown;
      finding.evidence.insert(finding.evidence.end(), subject.machine.unreadable.begin(),
                              subject.machine.unreadable.end());
    }
    return finding;
  });
}

}  // namespace rocmfix::detail
