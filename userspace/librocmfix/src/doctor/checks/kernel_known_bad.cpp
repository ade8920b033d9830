// SPDX-License-Identifier: MIT
// The running kernel in kernels.toml.
#include <set>

#include "base/distribution.hpp"
#include "doctor/check.hpp"
#include "rocmfix/known_kernels.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

std::string version_of(const RunningKernel& kernel) {
  return kernel.package.empty() || kernel.package == kernel.release
             ? kernel.release
             : formatted("{} ({} {})", kernel.release, kernel.distribution, kernel.package);
}

Finding known(const Subject& subject, const RunningKernel& kernel, const KnownKernel& entry) {
  Finding finding;
  finding.verdict = entry.verdict == "warning" ? CheckVerdict::warning : CheckVerdict::note;
  finding.summary = formatted("kernel {}: {}", version_of(kernel), entry.summary);
  finding.evidence = {formatted("/proc/version: {}", version_of(kernel)),
                      formatted("known of {} to {}", entry.first, entry.last)};
  finding.remedy = sentence(std::string(entry.remedy));
  finding.command = entry.update ? update_command(read_os_release(subject.root)) : "";
  finding.grade = entry.grade;
  finding.source = entry.source;
  return finding;
}

}  // namespace

Findings kernel_known_bad(const Subject& subject) {
  Findings findings;
  auto kernels = KnownKernels::load(subject.root);
  if (!kernels) {
    Finding finding;
    finding.verdict = CheckVerdict::warning;
    finding.summary = to_string(kernels.error());
    finding.remedy = "The built-in table is used. " + sentence(kernels.error().hint);
    findings.push_back(std::move(finding));
    kernels = KnownKernels::built_in();
  }
  const auto kernel = read_running_kernel(subject.root);
  Finding finding;
  if (!kernel) {
    finding.summary = "neither /proc/sys/kernel/osrelease nor /proc/version says which kernel runs";
    findings.push_back(std::move(finding));
    return findings;
  }
  std::set<const KnownKernel*> seen;
  for (const Gpu& gpu : subject.machine.gpus) {
    for (const KnownKernel* entry : kernels->find(*kernel, gpu.gfx.value_or(""))) {
      if (gpu.supported && seen.insert(entry).second) {
        findings.push_back(known(subject, *kernel, *entry));
      }
    }
  }
  if (seen.empty()) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("no trouble is known of kernel {}", version_of(*kernel));
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
