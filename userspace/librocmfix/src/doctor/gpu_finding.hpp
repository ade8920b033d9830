// SPDX-License-Identifier: MIT
// For checks that look at each supported GPU alone.
#pragma once

#include <string>
#include <string_view>

#include "doctor/check.hpp"
#include "machine/pci_function.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

/// Where a GPU's files are, inside the root.
inline std::string gpu_directory(const Gpu& gpu) {
  return formatted("{}/{}", pci_devices, gpu.bdf);
}

/// "PATH: VALUE" for one of them.
template <class Value>
std::string gpu_evidence(const Gpu& gpu, std::string_view file, const Value& value) {
  return formatted("{}/{}: {}", gpu_directory(gpu), file, value);
}

/// `check(gpu)` of every supported GPU. One that returns nullopt does not apply to that GPU.
template <class Check>
Findings for_each_gpu(const Subject& subject, Check check) {
  Findings findings;
  for (const Gpu& gpu : subject.machine.gpus) {
    if (!gpu.supported) {
      continue;
    }
    std::optional<Finding> finding = check(gpu);
    if (finding) {
      finding->gpu = gpu.bdf;
      findings.push_back(std::move(*finding));
    }
  }
  return findings;
}

}  // namespace rocmfix::detail
