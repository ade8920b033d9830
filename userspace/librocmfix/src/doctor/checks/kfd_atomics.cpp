// SPDX-License-Identifier: MIT
// Whether a GPU can use PCIe atomics on system memory.
#include "doctor/firmware_state.hpp"
#include "doctor/gpu_finding.hpp"
#include "machine/kfd_topology.hpp"

namespace rocmfix::detail {

namespace {

Finding without_node(const Subject& subject, const Gpu& gpu) {
  Finding finding;
  const FirmwareState firmware = firmware_state(subject, gpu);
  if (gpu.driver == "amdgpu" && firmware.too_old()) {
    finding.verdict = CheckVerdict::problem;
    finding.summary =
        formatted("KFD has no such GPU: its MEC firmware {} needs PCIe atomics", *firmware.loaded);
    finding.evidence = {gpu_evidence(
        gpu, "fw_version/mec_fw_version",
        formatted("{}; {} is the first that does without", *firmware.loaded, *firmware.needed))};
    finding.remedy = "Move the card to a slot that is wired to the CPU, or use newer firmware.";
    finding.source = firmware.needed_source;
    add_firmware_remedy(subject, firmware, finding);
    return finding;
  }
  finding.summary = "KFD does not have the card, and only its links tell";
  return finding;
}

}  // namespace

Findings kfd_atomics(const Subject& subject) {
  return for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    if (gpu.apu == true) {
      return std::nullopt;  // no slot in between
    }
    if (!gpu.kfd_node) {
      return without_node(subject, gpu);
    }
    Finding finding;
    const auto atomics = has_pcie_atomics(subject.root, *gpu.kfd_node);
    const std::string links =
        formatted("/sys/devices/virtual/kfd/kfd/topology/nodes/{}/io_links", *gpu.kfd_node);
    if (!atomics) {
      finding.summary = "KFD does not describe the card's link to the CPU";
      finding.evidence = {links + ": no PCIe link with flags"};
      return finding;
    }
    finding.verdict = *atomics ? CheckVerdict::ok : CheckVerdict::note;
    finding.summary =
        *atomics ? "the slot forwards PCIe atomics" : "the slot does not forward PCIe atomics";
    finding.evidence = {
        formatted("{}/*/properties: flags {} NO_ATOMICS", links, *atomics ? "without" : "with")};
    if (!*atomics) {
      finding.remedy =
          "The card works. Kernels that print or use a failing assert() need atomics: the runtime "
          "refuses them with \"Pcie atomics not enabled, hostcall not supported\". Only another "
          "slot, wired to the CPU, changes that.";
    }
    return finding;
  });
}

}  // namespace rocmfix::detail
