// SPDX-License-Identifier: MIT
// The PCIe links between a GPU and the CPU, from sysfs: one for each bridge on the way, those on
// the card included. Asks no suspended function (machine/awake.hpp) and never reads config space
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// A link's speed in units of 100 MT/s ("8.0 GT/s PCIe" is 80) and its lanes.
struct LinkRate {
  unsigned speed = 0;
  unsigned lanes = 0;
  friend bool operator==(const LinkRate&, const LinkRate&) = default;
};

/// "8.0 GT/s x4"
std::string to_string(const LinkRate& rate);
/// In proportion to bytes a second: what an encoding costs is counted.
std::uint64_t capacity(const LinkRate& rate);

/// One PCI function on the way, as it describes its own end of a link.
struct PciPort {
  std::string bdf;
  bool on_card = false;             ///< the GPU, or a bridge of AMD's graphics cards
  bool awake = true;                ///< false: asleep, so its link was not read
  std::optional<LinkRate> most;     ///< what it could do
  std::optional<LinkRate> current;  ///< what it does now; speed is lower while the GPU is idle
  std::optional<std::uint64_t> fatal_errors;        ///< of AER, since boot
  std::optional<std::uint64_t> nonfatal_errors;     ///< the same
  std::optional<std::uint64_t> correctable_errors;  ///< the same
};

/// From the root port to the GPU; empty when the root does not have the function.
std::vector<PciPort> read_pci_path(const Root& root, const std::string& bdf);

/// A link between two neighbours on the way: a port that leads down, and what is plugged into it.
/// Ports alternate: below one that leads up are a switch's own that lead down, without a link.
struct PciLink {
  const PciPort* upper = nullptr;
  const PciPort* lower = nullptr;
  LinkRate most;  ///< what both ends can do
  std::optional<LinkRate> current;
};

/// Those links of which both ends are known, from the CPU to the GPU.
std::vector<PciLink> links_of(const std::vector<PciPort>& path);

}  // namespace rocmfix::detail
