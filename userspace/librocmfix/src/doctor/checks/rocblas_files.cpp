// SPDX-License-Identifier: MIT
// The files of kernels next to the rocBLAS that the program loads. Without those for the card it
// aborts: "Cannot read TensileLibrary.dat: Illegal seek for GPU arch".
#include <algorithm>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "doctor/remedy.hpp"
#include "software/lookup.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    text += " " + item;
  }
  return text.empty() ? " none" : text;
}

Finding judge(const Subject& subject, const EffectiveTarget& target,
              const TensileLibrary& library) {
  Finding finding;
  finding.gpu = target.gpu.bdf;
  for (const std::string& folder : library.folders) {
    finding.evidence.push_back(formatted("{} takes its kernels from {}", library.path, folder));
  }
  finding.evidence.push_back(formatted("tuned for:{}", joined(library.tuned)));
  finding.evidence.push_back(formatted("general kernels alone for:{}", joined(library.untuned)));
  for (const CodeFallback& fallback : library.fallbacks) {
    finding.evidence.push_back(
        formatted("those for{} are taken for{}, too", joined(fallback.code), joined(fallback.gfx)));
  }
  if (library.folders.empty()) {
    finding.summary = formatted("{} has no folder of kernels", library.path);
    finding.remedy = "A rocBLAS that was built without Tensile needs none; another one aborts.";
  } else if (runs_on(library.tuned, library.fallbacks, target.gfx)) {
    finding.verdict = CheckVerdict::ok;
    finding.summary = formatted("rocBLAS has kernels for {}", target.text());
  } else if (runs_on(library.untuned, library.fallbacks, target.gfx)) {
    finding.verdict = CheckVerdict::note;
    finding.summary =
        formatted("rocBLAS has general kernels alone for {}: they work, slowly", target.text());
  } else {
    finding.verdict = CheckVerdict::problem;
    finding.summary = formatted("rocBLAS has no kernels for {}", target.text());
    Remedy remedy = override_remedy(subject);
    if (remedy.command.empty()) {
      const auto& libraries = subject.circumstances.program.software.libraries;
      const auto own = std::find_if(libraries.begin(), libraries.end(),
                                    [](const CarriedCode& one) { return one.decides; });
      remedy = build_for_library(subject, *target.gpu.gfx,
                                 own == libraries.end() ? library.path : own->path);
    }
    finding.remedy =
        "Every product of matrices aborts the program: \"Cannot read "
        "TensileLibrary.dat\". " +
        remedy.text;
    finding.command = std::move(remedy.command);
  }
  return finding;
}

}  // namespace

Findings rocblas_files(const Subject& subject) {
  Findings findings;
  for (const TensileLibrary& library : subject.circumstances.program.tensile) {
    if (!file_name(library.path).starts_with("librocblas.so")) {
      continue;
    }
    for (const EffectiveTarget& target : effective_targets(subject.machine)) {
      if (!target.gfx.empty()) {
        findings.push_back(judge(subject, target, library));
      }
    }
  }
  return findings;
}

}  // namespace rocmfix::detail
