// SPDX-License-Identifier: MIT
// One process, one ROCm: which files the libraries of a program resolve to, as ld.so would find
// them.
#include <algorithm>
#include <map>

#include "doctor/check.hpp"
#include "software/lookup.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

/// "libamdhip64" of "libamdhip64.so.6" and of "libamdhip64-1a2b3c4d.so.6.4", as auditwheel(1) names
/// a copy.
std::string stem(std::string_view name) {
  std::string_view text = name.substr(0, name.find(".so"));
  const auto dash = text.rfind('-');
  constexpr std::size_t hash = 8;
  if (dash != std::string_view::npos && text.size() - dash - 1 == hash &&
      text.find_first_not_of("0123456789abcdef", dash + 1) == std::string_view::npos) {
    text = text.substr(0, dash);
  }
  return std::string(text);
}

/// Two of these in one process do not know of each other's memory and queues.
bool is_runtime(const std::string& stem) {
  return stem == "libamdhip64" || stem == "libhsa-runtime64";
}

std::string line_of(const LoadedLibrary& one) {
  return one.path.empty() ? formatted("{} asks for {}, which is not found", one.wanted_by, one.name)
                          : formatted("{} asks for {}: {}", one.wanted_by, one.name, one.path);
}

Finding two_of(const std::string& stem, const std::vector<const LoadedLibrary*>& copies) {
  Finding finding;
  finding.verdict = is_runtime(stem) ? CheckVerdict::problem : CheckVerdict::warning;
  finding.summary = formatted("one process would load {} more than once", stem);
  for (const LoadedLibrary* one : copies) {
    finding.evidence.push_back(line_of(*one));
  }
  finding.remedy =
      is_runtime(stem)
          ? "Memory and streams of one runtime are unknown to the other: that ends in invalid "
            "handles and memory faults. Install the packages for one ROCm, in one environment."
          : "Install the packages for one ROCm, in one environment.";
  return finding;
}

Finding shadowed(const LoadedLibrary& one) {
  Finding finding;
  finding.verdict = CheckVerdict::warning;
  finding.summary = formatted("LD_LIBRARY_PATH puts another {} before the program's own", one.name);
  finding.evidence = {line_of(one), formatted("its own: {}", one.shadows)};
  finding.remedy = "The program then runs with a ROCm that it was not built and tested with.";
  finding.command = "unset LD_LIBRARY_PATH";
  return finding;
}

Finding missing(const LoadedLibrary& one) {
  Finding finding;
  finding.verdict = CheckVerdict::warning;
  finding.summary = formatted("{} is not found", one.name);
  finding.evidence = {line_of(one)};
  finding.remedy = formatted(
      "{} cannot be loaded as it is. It was built for a ROCm that is not installed where it looks.",
      file_name(one.wanted_by));
  return finding;
}

}  // namespace

Findings rocm_mix(const Subject& subject) {
  const auto& loaded = subject.circumstances.program.rocm;
  if (loaded.empty()) {
    return {};
  }
  Findings findings;
  // A framework of its own need not be imported by the same program.
  std::map<std::pair<std::string, std::string>, std::vector<const LoadedLibrary*>> files;
  for (const LoadedLibrary& one : loaded) {
    if (one.path.empty()) {
      findings.push_back(missing(one));
      continue;
    }
    const std::pair<std::string, std::string> which(one.process, stem(one.name));
    std::vector<const LoadedLibrary*>& copies = files[which];
    if (std::none_of(copies.begin(), copies.end(),
                     [&](const LoadedLibrary* other) { return other->path == one.path; })) {
      copies.push_back(&one);
    }
    if (!one.shadows.empty()) {
      findings.push_back(shadowed(one));
    }
  }
  for (const auto& [key, copies] : files) {
    if (copies.size() > 1) {
      findings.push_back(two_of(key.second, copies));
    }
  }
  if (findings.empty()) {
    Finding finding;
    finding.verdict = CheckVerdict::ok;
    finding.summary = "the libraries of ROCm are found, each once";
    for (const LoadedLibrary& one : loaded) {
      finding.evidence.push_back(line_of(one));
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
