// SPDX-License-Identifier: MIT
// Packages of TheRock have a library's device code in a package of its own for each target: whether
// that of the card is there.
#include <algorithm>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "doctor/remedy.hpp"
#include "rocmfix/code_objects.hpp"
#include "software/lookup.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

bool covers(const KpackLibrary& library, std::string_view gfx) {
  return std::any_of(library.targets.begin(), library.targets.end(),
                     [&](const std::string& target) { return target_covers(target, gfx); });
}

std::vector<std::string> evidence_of(const KpackLibrary& library) {
  std::vector<std::string> lines;
  for (const std::string& wanted : library.wanted) {
    lines.push_back(formatted("{} looks for {}", library.path, wanted));
  }
  for (const std::string& file : library.files) {
    lines.push_back(formatted("{} is there", file));
  }
  if (library.files.empty()) {
    lines.emplace_back("none of these files is there");
  }
  if (!library.trouble.empty()) {
    lines.push_back(library.trouble);
  }
  return lines;
}

Finding incomplete(const Subject& subject, const EffectiveTarget& target,
                   const KpackLibrary& library) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.gpu = target.gpu.bdf;
  finding.summary =
      library.trouble.empty()
          ? formatted("the device code of {} for {} is not installed", file_name(library.path),
                      target.text())
          : formatted("the device code of {} cannot be read", file_name(library.path));
  finding.evidence = evidence_of(library);
  const bool overridden = !target.variable.empty() && covers(library, *target.gpu.gfx);
  if (overridden) {
    finding.remedy = formatted("It is installed for {}: {} makes the runtime look for other code.",
                               *target.gpu.gfx, target.variable);
    finding.command = formatted("unset {}", target.variable);
    return finding;
  }
  const Remedy remedy = build_of(subject, *target.gpu.gfx, "pytorch");
  finding.remedy = formatted(
      "Without it the program ends with \"device kernel image is invalid\" or "
      "\"kpack_load_code_object failed\". It is in the packages for {} (torch: "
      "amd-torch-device-{}), which the extra [device-{}] installs. {}",
      *target.gpu.gfx, *target.gpu.gfx, *target.gpu.gfx, remedy.text);
  finding.command = remedy.command;
  return finding;
}

}  // namespace

Findings kpack_complete(const Subject& subject) {
  const auto& libraries = subject.circumstances.program.kpack;
  if (libraries.empty()) {
    return {};
  }
  Findings findings;
  for (const EffectiveTarget& target : effective_targets(subject.machine)) {
    if (target.gfx.empty()) {
      continue;
    }
    const auto lacking =
        std::find_if(libraries.begin(), libraries.end(),
                     [&](const KpackLibrary& library) { return !covers(library, target.gfx); });
    if (lacking != libraries.end()) {
      findings.push_back(incomplete(subject, target, *lacking));
      continue;
    }
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.gpu = target.gpu.bdf;
    finding.summary = formatted("device code for {} is installed", target.text());
    for (const KpackLibrary& library : libraries) {
      const auto lines = evidence_of(library);
      finding.evidence.insert(finding.evidence.end(), lines.begin(), lines.end());
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
