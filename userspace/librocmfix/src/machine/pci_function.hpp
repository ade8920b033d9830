// SPDX-License-Identifier: MIT
// The PCI functions that are AMD GPUs, and what PCI itself says of one. Never touches config space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

inline constexpr std::uint64_t vendor_amd = 0x1002;
inline constexpr std::string_view pci_devices = "/sys/bus/pci/devices";
inline constexpr std::string_view drm_class = "/sys/class/drm";

struct PciFunction {
  std::string bdf;  ///< "0000:03:00.0"
  std::uint32_t domain = 0;
  std::uint32_t location = 0;  ///< as in KFD: bus << 8 | device << 3 | function
  std::string directory;       ///< where its files are, inside the root
};

/// The device id; nullopt when neither `device` nor `uevent` has it.
std::optional<std::uint64_t> read_device_id(const Root& root, const std::string& directory);

/// Vendor 1002 and class display or accelerator, by address.
std::vector<PciFunction> list_amd_gpu_functions(const Root& root);

/// Size of BAR 0, which on AMD GPUs is the CPU's window to VRAM.
std::optional<std::uint64_t> read_bar0_bytes(const Root& root, const std::string& directory);

/// "amdgpu"; nullopt when no driver is bound, or it cannot be known.
std::optional<std::string> bound_driver(const Root& root, const std::string& directory);

}  // namespace rocmfix::detail
