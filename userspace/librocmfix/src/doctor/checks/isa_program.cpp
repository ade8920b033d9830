// SPDX-License-Identifier: MIT
// What each GPU is taken for, against the code objects in the program's libraries.
#include <algorithm>

#include "doctor/check.hpp"
#include "doctor/effective_target.hpp"
#include "doctor/remedy.hpp"
#include "policy/reason_text.hpp"
#include "software/closure.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

bool covers(const CarriedCode& library, std::string_view gfx) {
  return runs_on(library.targets, library.fallbacks, gfx);
}

/// Why a library's code is loaded that is for another target; nullptr: it has code for this one.
const CodeFallback* fallback_for(const CarriedCode& library, std::string_view gfx) {
  if (runs_on(library.targets, {}, gfx)) {
    return nullptr;
  }
  const auto found = std::find_if(library.fallbacks.begin(), library.fallbacks.end(),
                                  [&](const CodeFallback& fallback) {
                                    return runs_on(library.targets, {&fallback, 1}, gfx);
                                  });
  return found == library.fallbacks.end() ? nullptr : &*found;
}

bool is_for_gfx10(const CarriedCode& library) {
  return std::any_of(library.targets.begin(), library.targets.end(),
                     [](const std::string& target) { return target.starts_with("gfx10"); });
}

std::vector<std::string> targets_of(std::span<const CarriedCode> libraries) {
  std::vector<std::string> lines;
  for (const CarriedCode& library : libraries) {
    std::string line = library.path + ":";
    for (const std::string& target : library.targets) {
      line += " " + target;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Finding without_code(const Subject& subject, const EffectiveTarget& target,
                     const CarriedCode& library) {
  Finding finding;
  finding.verdict = CheckVerdict::problem;
  finding.gpu = target.gpu.bdf;
  finding.summary = formatted("{} has no code for {}", file_name(library.path), target.text());
  finding.evidence = targets_of(subject.circumstances.program.software.libraries);
  const ProgramFacts& program = subject.circumstances.program;
  const bool packed =
      std::any_of(program.kpack.begin(), program.kpack.end(),
                  [&](const KpackLibrary& one) { return one.path == library.path; });
  Remedy remedy = override_remedy(subject);
  if (packed && target.variable.empty()) {
    // An override would do, until the package for the card is installed.
    remedy = {"Its code is in packages for each target, and that for the card is not installed.",
              build_for_library(subject, *target.gpu.gfx, library.path).command};
  } else if (remedy.command.empty()) {
    const Remedy build = build_for_library(subject, *target.gpu.gfx, library.path);
    remedy = {formatted("{}, so the program cannot run on this card, and no value of "
                        "HSA_OVERRIDE_GFX_VERSION changes that. {}",
                        carried_text(subject.circumstances.program.software), build.text),
              build.command};
  }
  finding.remedy = std::move(remedy.text);
  finding.command = std::move(remedy.command);
  return finding;
}

/// Libraries that the program may never call for.
Findings of_extensions(const EffectiveTarget& target, std::span<const CarriedCode> libraries) {
  Findings findings;
  for (const CarriedCode& library : libraries) {
    if (library.decides || covers(library, target.gfx)) {
      continue;
    }
    const bool built_for_gfx10 = is_for_gfx10(library);
    // One of ROCm's own without code for any such card (hipBLASLt) is not used on them.
    if (!built_for_gfx10 && is_rocm_library(file_name(library.path))) {
      continue;
    }
    Finding finding;
    finding.verdict = built_for_gfx10 ? CheckVerdict::warning : CheckVerdict::note;
    finding.gpu = target.gpu.bdf;
    finding.summary = formatted("{} has no code for {}", file_name(library.path), target.text());
    finding.evidence = targets_of({&library, 1});
    finding.remedy = "The program works as long as it does not use this library on the GPU.";
    findings.push_back(std::move(finding));
  }
  return findings;
}

Finding with_code(const Software& software, const EffectiveTarget& target,
                  const CarriedCode& library) {
  Finding finding;
  finding.verdict = CheckVerdict::ok;
  finding.gpu = target.gpu.bdf;
  finding.summary = formatted("{} has code for {}", file_name(library.path), target.text());
  finding.evidence = targets_of(software.libraries);
  if (const CodeFallback* const fallback = fallback_for(library, target.gfx)) {
    finding.summary = formatted("{} has code that the installed HIP runtime loads on {}",
                                file_name(library.path), target.text());
    finding.evidence.push_back(
        formatted("{} takes code for other targets, without an override", fallback->by));
    finding.source = fallback->source;
  }
  return finding;
}

Finding about_program(const Software& software) {
  Finding finding;
  if (software.state == SoftwareState::unknown) {
    finding.summary = "the program's GPU code is not known";
    finding.remedy = sentence(software.why);
    if (!software.elsewhere.empty()) {
      finding.remedy += " Examine it where it runs.";
    }
  } else {
    finding.verdict = CheckVerdict::note;
    finding.summary = software.why;
  }
  return finding;
}

}  // namespace

Findings isa_program(const Subject& subject) {
  const ProgramFacts& program = subject.circumstances.program;
  const Software& software = program.software;
  if (program.words.empty()) {
    return {};
  }
  if (software.state != SoftwareState::known) {
    return {about_program(software)};
  }
  Findings findings;
  for (const EffectiveTarget& target : effective_targets(subject.machine)) {
    if (target.gfx.empty()) {
      continue;  // isa-override tells of it
    }
    const auto lacking = std::find_if(software.libraries.begin(), software.libraries.end(),
                                      [&](const CarriedCode& library) {
                                        return library.decides && !covers(library, target.gfx);
                                      });
    if (lacking != software.libraries.end()) {
      findings.push_back(without_code(subject, target, *lacking));
      continue;
    }
    const auto own = std::find_if(software.libraries.begin(), software.libraries.end(),
                                  [](const CarriedCode& library) { return library.decides; });
    findings.push_back(with_code(software, target, *own));
    for (Finding& one : of_extensions(target, software.libraries)) {
      findings.push_back(std::move(one));
    }
  }
  return findings;
}

}  // namespace rocmfix::detail
