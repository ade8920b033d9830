// SPDX-License-Identifier: MIT
// A copy of a synthetic root, to be changed, and what the checks of `rocmfix doctor` say of it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "doctor_subject.hpp"
#include "rocmfix/doctor.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::test {

inline constexpr const char* card = "/sys/bus/pci/devices/0000:03:00.0/";
inline constexpr const char* node = "/sys/devices/virtual/kfd/kfd/topology/nodes/";

class EditedRoot {
 public:
  explicit EditedRoot(const char* name) {
    const char* const roots = std::getenv("ROCMFIX_TEST_ROOTS");  // NOLINT(concurrency-mt-unsafe)
    std::filesystem::copy(
        std::filesystem::path(roots != nullptr ? roots : "build/roots") / name, tree_.at("/"),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  }
  EditedRoot& write(const std::string& path, std::string_view content) {
    tree_.write(path, content);
    return *this;
  }
  EditedRoot& remove(const std::string& path) {
    std::filesystem::remove_all(tree_.at(path));
    return *this;
  }
  /// KFD without its GPUs.
  EditedRoot& without_node() { return remove(std::string(node) + "1"); }
  /// The driver that holds the card; empty: none.
  EditedRoot& driver(const std::string& name) {
    remove(std::string(card) + "driver");
    write(std::string(card) + "uevent",
          (name.empty() ? "" : "DRIVER=" + name + "\n") + "PCI_SLOT_NAME=0000:03:00.0\n");
    return *this;
  }

  [[nodiscard]] std::filesystem::path at(const std::string& path) const { return tree_.at(path); }
  [[nodiscard]] Root root() const { return tree_.root(); }

  /// All that the findings of a check say.
  [[nodiscard]] std::string all(const std::string& check) const {
    const std::string only[] = {check};
    const auto examination = examine(tree_.root(), {}, only);
    std::string text;
    for (const CheckResult& result :
         examination ? examination->results : std::vector<CheckResult>()) {
      text += text_of(result.finding);
    }
    return text;
  }

  /// Its findings, a line each: "VERDICT: SUMMARY [$ COMMAND]".
  [[nodiscard]] std::string operator()(const std::string& check,
                                       const Environment& environment = {}) const {
    Circumstances circumstances;
    circumstances.environment = environment;
    const std::string only[] = {check};
    const auto examination = examine(tree_.root(), circumstances, only);
    if (!examination) {
      return examination.error().what;
    }
    std::string lines;
    for (const CheckResult& result : examination->results) {
      const Finding& finding = result.finding;
      lines += (lines.empty() ? "" : "\n") + std::string(to_string(finding.verdict)) + ": " +
               finding.summary + (finding.command.empty() ? "" : " $ " + finding.command);
      EXPECT_TRUE(finding.verdict == CheckVerdict::ok || finding.verdict == CheckVerdict::unknown ||
                  !finding.remedy.empty())
          << check << " says nothing about what it found";
    }
    return lines;
  }

 private:
  TemporaryTree tree_;
};

}  // namespace rocmfix::test
