// SPDX-License-Identifier: MIT
// The words for the enumerations of faults, in data files, JSON and messages.
#include <algorithm>
#include <array>

#include "rocmfix/fault_rules.hpp"

namespace rocmfix {

namespace {

struct TypeWords {
  std::string_view word;
  std::string_view description;
};

// In the order of FaultType.
constexpr std::array<TypeWords, fault_type_count> types = {{
    {"gpu_memory_fault", "GPU memory fault (from the runtime)"},
    {"page_fault", "GPU page fault (from amdgpu)"},
    {"aperture_violation", "GPU access beyond every legal address"},
    {"gpu_hang", "GPU hang"},
    {"ring_timeout", "GPU job that did not end"},
    {"gpu_reset", "GPU reset"},
    {"vram_lost", "contents of VRAM lost"},
    {"gpu_out_of_memory", "out of GPU memory"},
    {"host_oom_kill", "process killed: out of system memory"},
    {"atomics_rejected", "GPU left out by KFD: no PCIe atomics"},
    {"tensile_missing", "rocBLAS has no kernels for this GPU"},
    {"invalid_device_function", "program has no code that this GPU can run"},
    {"permission_denied", "no permission to use the GPU"},
    {"iommu_fault", "GPU access refused by the IOMMU"},
}};

}  // namespace

std::string_view to_string(FaultType type) {
  return types.at(static_cast<std::size_t>(type)).word;
}

std::string_view describe(FaultType type) {
  return types.at(static_cast<std::size_t>(type)).description;
}

std::optional<FaultType> parse_fault_type(std::string_view word) {
  const auto* found = std::find_if(types.begin(), types.end(),
                                   [&](const TypeWords& entry) { return entry.word == word; });
  if (found == types.end()) {
    return std::nullopt;
  }
  return static_cast<FaultType>(found - types.begin());
}

std::string_view to_string(LineRole role) {
  switch (role) {
    case LineRole::event:
      return "event";
    case LineRole::part:
      return "part";
    case LineRole::field:
      return "field";
    case LineRole::fact:
      return "fact";
    case LineRole::boot:
      break;
  }
  return "boot";
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::certain:
      return "certain";
    case Confidence::likely:
      return "likely";
    case Confidence::possible:
      break;
  }
  return "possible";
}

}  // namespace rocmfix
