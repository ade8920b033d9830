// SPDX-License-Identifier: MIT
// PyTorch for ROCm, for CUDA, or for the CPU: which is installed says nothing when it runs, and
// training on the CPU is only slow.
#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "doctor/remedy.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

Findings torch_flavour(const Subject& subject) {
  const ProgramFacts& program = subject.circumstances.program;
  if (!program.torch) {
    return {};
  }
  const TorchFacts& torch = *program.torch;
  const std::string name =
      torch.version.empty() ? std::string("torch") : formatted("torch {}", torch.version);
  Finding finding;
  finding.evidence = {formatted("{}/version.py: hip = {}, cuda = {}", torch.folder,
                                !torch.hip           ? "?"
                                : torch.hip->empty() ? "None"
                                                     : *torch.hip,
                                torch.cuda.empty() ? "None" : torch.cuda)};
  if (!torch.hip) {
    finding.summary = formatted("{} does not say what it was built for", name);
    finding.remedy = formatted("{}/version.py has no line for hip.", torch.folder);
    return {finding};
  }
  if (!torch.hip->empty()) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("{} is built for ROCm (HIP {})", name, *torch.hip);
    return {finding};
  }
  // Of a Python that nobody named, it is not known whether it is meant for the GPU.
  finding.verdict = program.implied ? CheckVerdict::warning : CheckVerdict::problem;
  finding.summary = torch.cuda.empty()
                        ? formatted("{} is built for the CPU alone", name)
                        : formatted("{} is built for CUDA {}, not for ROCm", name, torch.cuda);
  finding.remedy = "It runs on the CPU, without a message, and no setting changes that.";
  const auto targets = effective_targets(subject.machine);
  if (!targets.empty()) {
    const Remedy build = build_of(subject, *targets.front().gpu.gfx, "pytorch");
    finding.remedy += " " + build.text;
    finding.command = build.command;
  }
  return {finding};
}

}  // namespace rocmfix::detail
