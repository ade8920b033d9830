// SPDX-License-Identifier: MIT
// Which GPU a program gets that does not choose one.
#include <algorithm>

#include "doctor/gpu_finding.hpp"
#include "machine/visible_gpus.hpp"

namespace rocmfix::detail {

namespace {

std::string name_of(const Gpu& gpu) {
  return gpu.name.value_or(gpu.pci_id);
}

/// In the order in which ROCr numbers them: that of the KFD nodes.
std::vector<Gpu> kfd_gpus(const std::vector<Gpu>& gpus) {
  std::vector<Gpu> found;
  std::copy_if(gpus.begin(), gpus.end(), std::back_inserter(found),
               [](const Gpu& gpu) { return gpu.kfd_node.has_value(); });
  std::sort(found.begin(), found.end(),
            [](const Gpu& a, const Gpu& b) { return *a.kfd_node < *b.kfd_node; });
  return found;
}

}  // namespace

Findings several_gpus(const Subject& subject) {
  Finding finding;
  const std::vector<Gpu> all = kfd_gpus(subject.machine.gpus);
  for (std::size_t i = 0; i < all.size(); ++i) {
    finding.evidence.push_back(formatted("{}: KFD node {}, {} {}{}", i, *all[i].kfd_node,
                                         name_of(all[i]), all[i].gfx.value_or("unknown target"),
                                         all[i].apu == true ? ", on the CPU's die" : ""));
  }
  if (all.empty()) {
    finding.summary = "KFD has no GPU";
    return {finding};
  }
  finding.verdict = CheckVerdict::ok;
  const std::vector<Gpu> visible = visible_gpus(all, subject.circumstances.environment);
  if (visible.size() < 2) {
    finding.summary = all.size() == 1 ? "one GPU" : "several GPUs, of which programs see one";
    return {finding};
  }
  const auto wanted = std::find_if(
      all.begin(), all.end(), [](const Gpu& gpu) { return gpu.supported && gpu.apu == false; });
  const bool wrong_first = visible.front().apu == true && wanted != all.end();
  const bool same = std::all_of(visible.begin(), visible.end(),
                                [&](const Gpu& gpu) { return gpu.gfx == visible.front().gfx; });
  if (wrong_first) {
    finding.verdict = CheckVerdict::warning;
    finding.summary = formatted("a program that does not choose gets {}, on the CPU's die, not {}",
                                name_of(visible.front()), name_of(*wanted));
    finding.remedy =
        "It has little memory, and few builds have code for it. Leave the card alone visible.";
  } else if (!same) {
    finding.verdict = CheckVerdict::note;
    finding.summary = formatted("programs see {} GPUs of different targets", visible.size());
    finding.remedy =
        "A program that uses all of them needs code for each, and a global "
        "HSA_OVERRIDE_GFX_VERSION is wrong for one of them. Leave one visible unless you want all.";
  } else {
    finding.summary = formatted("programs see {} GPUs of the same target", visible.size());
  }
  if (finding.verdict != CheckVerdict::ok && wanted != all.end()) {
    finding.command = formatted("export ROCR_VISIBLE_DEVICES={}", wanted - all.begin());
  }
  return {finding};
}

}  // namespace rocmfix::detail
