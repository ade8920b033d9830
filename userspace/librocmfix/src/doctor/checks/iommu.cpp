// SPDX-License-Identifier: MIT
// Whether an IOMMU translates what the GPUs read and write in system memory.
#include <algorithm>

#include "doctor/gpu_finding.hpp"
#include "modprobe/modprobe_files.hpp"

namespace rocmfix::detail {

namespace {

bool is_option(std::string_view name) {
  return name == "iommu" || name == "amd_iommu" || name == "intel_iommu" ||
         name == "iommu.passthrough";
}

}  // namespace

Findings iommu(const Subject& subject) {
  Finding finding;
  std::size_t gpus = 0;
  std::size_t translated = 0;
  std::size_t known = 0;
  for (const Gpu& gpu : subject.machine.gpus) {
    // One on the CPU's die is seldom used together with a card.
    gpus += gpu.kfd_node && gpu.apu != true ? 1U : 0U;
    if (!gpu.supported || !subject.root.exists(gpu_directory(gpu))) {
      continue;
    }
    const auto type = subject.root.read_line(gpu_directory(gpu) + "/iommu_group/type");
    finding.evidence.push_back(gpu_evidence(gpu, "iommu_group/type", type.value_or("missing")));
    translated += type && type->starts_with("DMA") ? 1U : 0U;
    // Without an IOMMU there is no group.
    known += type || !subject.root.exists(gpu_directory(gpu) + "/iommu_group") ? 1U : 0U;
  }
  for (const auto& [name, value] :
       split_parameters(subject.root.read("/proc/cmdline").value_or(""))) {
    if (is_option(name)) {
      finding.evidence.push_back(formatted("/proc/cmdline: {}={}", name, value));
    }
  }
  if (known == 0) {
    finding.summary = "whether an IOMMU is in use is not to be read here";
    return {finding};
  }
  finding.verdict = CheckVerdict::ok;
  if (translated == 0) {
    finding.summary = "no IOMMU translates the GPUs' accesses";
  } else if (gpus < 2) {
    finding.summary = "an IOMMU translates the GPU's accesses, as most distributions set it up";
  } else {
    finding.verdict = CheckVerdict::note;
    finding.summary = formatted("an IOMMU translates the accesses of {} GPUs", gpus);
    finding.remedy =
        "If a program hangs that uses several GPUs at once, AMD's advice is iommu=pt on the kernel "
        "command line: add it to GRUB_CMDLINE_LINUX in /etc/default/grub, run `sudo update-grub`, "
        "and reboot. With one GPU a program needs nothing.";
    finding.command = "sudoedit /etc/default/grub";
  }
  return {finding};
}

}  // namespace rocmfix::detail
