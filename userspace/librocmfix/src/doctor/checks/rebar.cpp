// SPDX-License-Identifier: MIT
// Whether the CPU reaches all of a card's memory (resizable BAR).
#include "doctor/gpu_finding.hpp"

namespace rocmfix::detail {

namespace {

std::string mebibytes(std::uint64_t bytes) {
  return formatted("{} MiB", bytes >> 20U);
}

}  // namespace

Findings rebar(const Subject& subject) {
  return for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    if (gpu.apu == true) {
      return std::nullopt;
    }
    Finding finding;
    if (!gpu.large_bar) {
      finding.summary = "the size of the card's memory or of its BAR is not known";
      return finding;
    }
    finding.verdict = *gpu.large_bar ? CheckVerdict::ok : CheckVerdict::note;
    const auto bar = read_bar0_bytes(subject.root, gpu_directory(gpu));
    if (bar) {
      finding.evidence.push_back(gpu_evidence(gpu, "resource", "BAR 0 has " + mebibytes(*bar)));
    }
    if (gpu.vram_bytes) {
      finding.evidence.push_back(
          gpu_evidence(gpu, "mem_info_vram_total", mebibytes(*gpu.vram_bytes)));
    }
    if (*gpu.large_bar) {
      finding.summary = "the CPU reaches all of the card's memory";
    } else {
      finding.summary = bar ? formatted("the CPU reaches {} of the card's memory", mebibytes(*bar))
                            : "the CPU reaches only a part of the card's memory";
      finding.remedy =
          "Nothing is wrong. \"Above 4G Decoding\" and \"Resizable BAR\" in the firmware setup of "
          "many boards give it the rest, which makes some copies faster.";
    }
    return finding;
  });
}

}  // namespace rocmfix::detail
