// SPDX-License-Identifier: MIT
// How much of a card's memory is taken before a job begins.
#include "doctor/gpu_finding.hpp"
#include "machine/displays.hpp"

namespace rocmfix::detail {

namespace {

// A desktop takes some hundred MiB; above a quarter it decides which batch fits.
constexpr std::uint64_t much = 4;

}  // namespace

Findings vram_headroom(const Subject& subject) {
  return for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    if (gpu.apu == true) {
      return std::nullopt;  // its VRAM is a small part of what it can use
    }
    Finding finding;
    const auto used = subject.root.read_number(gpu_directory(gpu) + "/mem_info_vram_used");
    const auto displays = connected_displays(subject.root, gpu.bdf);
    if (displays) {
      for (const std::string& display : *displays) {
        finding.evidence.push_back(gpu_evidence(gpu, "drm", display + " is connected"));
      }
    }
    if (!used || !gpu.vram_bytes || *used > *gpu.vram_bytes) {
      finding.summary = "the driver does not say how much memory is in use";
      return finding;
    }
    finding.evidence.push_back(gpu_evidence(gpu, "mem_info_vram_used", *used));
    finding.evidence.push_back(gpu_evidence(gpu, "mem_info_vram_total", *gpu.vram_bytes));
    finding.summary = formatted("{} of {} MiB are in use", *used >> 20U, *gpu.vram_bytes >> 20U);
    finding.verdict = CheckVerdict::ok;
    if (*used >= *gpu.vram_bytes / much) {
      const bool desktop = displays && !displays->empty();
      finding.verdict = CheckVerdict::note;
      finding.summary += desktop ? ", with a display on the card" : "";
      finding.remedy = formatted(
          "A job has the other {} MiB. {}", (*gpu.vram_bytes - *used) >> 20U,
          desktop ? "Close what draws on that display, or connect the display to another GPU."
                  : "Another program uses it; the command shows who has the GPU open.");
      finding.command = desktop ? "" : "sudo fuser -v /dev/kfd /dev/dri/renderD*";
    }
    return finding;
  });
}

}  // namespace rocmfix::detail
