// SPDX-License-Identifier: MIT
// Whether the machine was suspended since it booted: a GPU's compute engine does not always come
// back whole.
#include <algorithm>

#include "doctor/gpu_finding.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::string_view stats = "/sys/power/suspend_stats";

}  // namespace

Findings suspend(const Subject& subject) {
  Finding finding;
  const auto count = [&](std::string_view name) {
    const std::string file = formatted("{}/{}", stats, name);
    const auto number = subject.root.read_number(file);
    if (number) {
      finding.evidence.push_back(formatted("{}: {}", file, *number));
    }
    return number;
  };
  const auto success = count("success");
  const auto failed = count("fail");
  for (const Gpu& gpu : subject.machine.gpus) {
    const auto status = subject.root.read_line(gpu_directory(gpu) + "/power/runtime_status");
    if (gpu.supported && status) {
      finding.evidence.push_back(gpu_evidence(gpu, "power/runtime_status", *status));
    }
  }
  if (!success) {
    finding.summary = "the kernel does not say how often it was suspended";
    return {finding};
  }
  if (*success == 0 && failed.value_or(0) == 0) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = "the machine was not suspended since it booted";
    return {finding};
  }
  finding.verdict = CheckVerdict::note;
  finding.summary = *success > 0
                        ? formatted("the machine was suspended {} since it booted",
                                    *success == 1 ? "once" : formatted("{} times", *success))
                        : "suspending failed since the machine booted";
  finding.remedy =
      "A program that runs across a suspend loses its GPU, and some machines' GPUs do not compute "
      "until the next boot. If faults or hangs began after waking, reboot before you look further.";
  return {finding};
}

}  // namespace rocmfix::detail
