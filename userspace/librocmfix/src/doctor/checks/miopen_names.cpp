// SPDX-License-Identifier: MIT
// Variables of MIOpen's that are set and that the installed MIOpen does not read: names change
// between its versions.
#include <algorithm>

#include "doctor/check.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

Findings miopen_names(const Subject& subject) {
  constexpr std::string_view prefix = "MIOPEN_DEBUG_";
  std::vector<std::string> set;
  for (const auto& [name, value] : subject.circumstances.environment) {
    if (name.starts_with(prefix)) {
      set.push_back(name);
    }
  }
  Findings findings;
  for (const MiopenLibrary& library : subject.circumstances.program.miopen) {
    Finding finding;
    finding.evidence = {formatted("{} has {} names", library.path, library.names.size())};
    if (set.empty()) {
      finding.verdict = CheckVerdict::ok;
      finding.summary = formatted("no {}* is set", prefix);
      finding.evidence.clear();
    } else if (!library.trouble.empty()) {
      finding.summary = "the names that MIOpen knows cannot be read";
      finding.remedy = sentence(library.trouble);
    } else {
      std::string unknown;
      for (const std::string& name : set) {
        if (std::find(library.names.begin(), library.names.end(), name) == library.names.end()) {
          unknown += (unknown.empty() ? "" : " ") + name;
        }
      }
      finding.verdict = unknown.empty() ? CheckVerdict::ok : CheckVerdict::warning;
      finding.summary = unknown.empty() ? "MIOpen knows every one of its variables that is set"
                                        : formatted("MIOpen does not know {}", unknown);
      if (!unknown.empty()) {
        finding.remedy = "It has no effect with this version: nothing is switched off by it.";
        finding.command = "unset " + unknown;
      }
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rocmfix::detail
