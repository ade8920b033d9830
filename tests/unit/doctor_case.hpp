// SPDX-License-Identifier: MIT
// A program and a card for the checks of `rocmfix doctor` on programs: values in, findings out.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doctor_subject.hpp"
#include "rocmfix/doctor.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::test {

inline Gpu gpu(std::string gfx, unsigned node = 1) {
  Gpu gpu;
  gpu.bdf = "0000:0" + std::to_string(node) + ":00.0";
  gpu.family = family_of_gfx(gfx);
  gpu.supported = gpu.family != Family::other;
  gpu.kfd_node = node;
  gpu.gfx = std::move(gfx);
  return gpu;
}

/// What the checks are asked about, with an empty machine around it.
struct Case {
  TemporaryTree tree;
  Policy policy = Policy::built_in();
  Machine machine;
  Circumstances circumstances;

  explicit Case(const std::string& gfx) { machine.gpus = {gpu(gfx)}; }

  ProgramFacts& program() { return circumstances.program; }

  Case& runs(std::vector<CarriedCode> libraries) {
    program().words = {"python3"};
    program().software.state = SoftwareState::known;
    program().software.program = "/opt/venv/bin/python3";
    program().software.libraries = std::move(libraries);
    return *this;
  }
  Case& set(const std::string& name, const std::string& value) {
    circumstances.environment[name] = value;
    return *this;
  }

  detail::Findings check(std::string_view id) {
    machine.environment = circumstances.environment;
    machine.software = program().software;
    const Root root = tree.root();
    const std::optional<Error> none;
    const detail::Subject subject{root, policy, machine, circumstances, none, none, none};
    const auto found =
        std::find_if(detail::check_entries.begin(), detail::check_entries.end(),
                     [&](const detail::CheckEntry& entry) { return entry.text->id == id; });
    return found == detail::check_entries.end() ? detail::Findings()
                                                : whole(found->run(subject), id);
  }
  /// The one finding; another number of them fails the test.
  Finding finding(std::string_view id) {
    detail::Findings findings = check(id);
    EXPECT_EQ(findings.size(), 1U) << id;
    return findings.empty() ? Finding() : findings.front();
  }
};

inline CarriedCode torch(std::vector<std::string> targets) {
  return {"/opt/venv/lib/python3.11/site-packages/torch/lib/libtorch_hip.so", std::move(targets),
          true};
}

inline TorchFacts torch_facts(std::optional<std::string> hip, std::string cuda = "") {
  return {"/opt/venv/lib/python3.11/site-packages/torch", "2.12.0", std::move(hip),
          std::move(cuda)};
}

inline KpackLibrary kpack(std::vector<std::string> targets) {
  KpackLibrary library{torch({}).path, {"../.kpack/torch_@GFXARCH@.kpack"}, {}, {}, {}};
  for (const std::string& target : targets) {
    library.files.push_back("/opt/torch/.kpack/torch_" + target + ".kpack");
  }
  library.targets = std::move(targets);
  return library;
}

inline TensileLibrary rocblas(std::vector<std::string> tuned, std::vector<std::string> untuned) {
  return {"/opt/torch/lib/librocblas.so.4",
          {"/opt/torch/lib/rocblas/library"},
          std::move(tuned),
          std::move(untuned)};
}

inline LoadedLibrary loaded(std::string name, std::string path, std::string process = "torch") {
  return {
      std::move(process), std::move(name), std::move(path), "/opt/torch/lib/libtorch_hip.so", {}};
}

}  // namespace rocmfix::test
