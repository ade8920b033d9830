// SPDX-License-Identifier: MIT
// A check of `rocmfix doctor`, made on a tree and a machine that the test describes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "doctor/check.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::test {

/// What holds of every finding: it says what was found, and what to do where something is wrong.
inline detail::Findings whole(detail::Findings findings, std::string_view id) {
  for (const Finding& finding : findings) {
    EXPECT_NE(finding.summary, "") << id;
    const bool wrong =
        finding.verdict == CheckVerdict::warning || finding.verdict == CheckVerdict::problem;
    EXPECT_TRUE(!wrong || !finding.remedy.empty()) << id << ": " << finding.summary;
    EXPECT_FALSE(finding.remedy.starts_with(' ')) << id << ": " << finding.remedy;
    EXPECT_FALSE(finding.remedy.ends_with(' ')) << id << ": " << finding.remedy;
  }
  return findings;
}

class CheckedMachine {
 public:
  CheckedMachine() {
    Gpu gpu;
    gpu.bdf = "0000:03:00.0";
    gpu.gfx = "gfx1031";
    gpu.gc = GcVersion{10, 3, 2};
    gpu.family = Family::rdna2;
    gpu.supported = true;
    machine.gpus = {gpu};
    machine.driver.kernel_release = "6.12.48+deb13-amd64";
    machine.driver.loaded.emplace();
  }

  /// The check of that id.
  [[nodiscard]] detail::Findings run(std::string_view id) const {
    const Root root = tree.root();
    const auto& all = detail::check_entries;
    const auto entry = std::find_if(
        all.begin(), all.end(), [&](const detail::CheckEntry& one) { return one.text->id == id; });
    EXPECT_NE(entry, all.end()) << id;
    return entry == all.end() ? detail::Findings() : whole(entry->run(subject(root)), id);
  }
  [[nodiscard]] detail::Subject subject(const Root& root) const {
    return {root, policy, machine, circumstances, error, error, error};
  }

  TemporaryTree tree;
  Machine machine;
  Circumstances circumstances;
  Policy policy = Policy::built_in();
  std::optional<Error> error;
};

/// All that a finding says, for a search.
inline std::string text_of(const Finding& finding) {
  std::string text = finding.summary + '\n' + finding.remedy + '\n' + finding.command + '\n';
  for (const std::string& one : finding.evidence) {
    text += one + '\n';
  }
  return text;
}

inline bool says(const Finding& finding, std::string_view words) {
  return text_of(finding).find(words) != std::string::npos;
}

}  // namespace rocmfix::test
