// SPDX-License-Identifier: MIT
// The AMD GPUs of a machine, from sysfs, the KFD topology and libdrm's amdgpu.ids.
//
// Refuses to do: open a device node or read a file that would wake a suspended GPU (PCI config
// space, DRM ioctls, pp_*, gpu_busy_percent). What it cannot read is unknown, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocmfix/policy.hpp"
#include "rocmfix/root.hpp"

namespace rocmfix {

struct Gpu {
  std::string bdf;     ///< PCI domain:bus:device.function, "0000:03:00.0"
  std::string pci_id;  ///< "1002:731f", lower case
  std::uint16_t device_id = 0;
  std::optional<std::uint8_t> revision;  ///< PCI revision; with device_id it selects the name
  std::optional<std::string> name;       ///< marketing name, from amdgpu.ids or the GPU table
  std::optional<std::string> gfx;        ///< "gfx1010"
  std::optional<GcVersion> gc;           ///< from ip_discovery, or the GPU table if unambiguous
  Family family = Family::other;
  bool supported = false;            ///< GC 10.1.x or 10.3.x
  std::optional<bool> apu;           ///< system memory as VRAM
  std::optional<unsigned> kfd_node;  ///< node number in the KFD topology
  std::optional<std::uint64_t> vram_bytes;
  std::optional<bool> large_bar;      ///< all VRAM is CPU-visible (resizable BAR)
  std::optional<std::string> driver;  ///< bound kernel driver, "amdgpu"; unknown when unbound
};

/// Every AMD (PCI vendor 1002) display or accelerator function, sorted by bdf. A machine with
/// none gives an empty vector; so does a root without /sys.
///
/// `names` false: cards are called by their chip ("Navi 22"), and libdrm's table is not read:
/// a launcher has no use for it.
std::vector<Gpu> discover_gpus(const Root& root, const Policy& policy, bool names = true);

/// Why discover_gpus() of this root may have missed one: the first of the files that tell GPUs
/// from other functions that could not be read, as an error with a hint. nullopt: it saw them all.
std::optional<Error> unreadable_gpus(const Root& root);

/// "10.1.10"
std::string to_string(const GcVersion& gc);

}  // namespace rocmfix
