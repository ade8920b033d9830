// SPDX-License-Identifier: MIT
// The GPU nodes of the KFD topology, /sys/devices/virtual/kfd (linux: amdkfd/kfd_topology.c).
// Takes what the files say; whether a node belongs to some PCI function is the caller's question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct KfdNode {
  unsigned number = 0;                      ///< ROCr's "node-1"
  std::optional<std::uint32_t> gfx_target;  ///< major * 10000 + minor * 100 + stepping
  std::optional<std::uint32_t> vendor_id;
  std::optional<std::uint32_t> device_id;
  std::optional<std::uint32_t> location_id;  ///< bus << 8 | device << 3 | function
  std::optional<std::uint32_t> domain;       ///< absent before Linux 5.6
  std::optional<std::uint64_t> vram_bytes;   ///< all frame buffer heaps together
  bool has_cpu_cores = false;                ///< CPU and GPU in one node
};

/// Nodes with shader units, by number; empty when KFD is absent or shows none.
std::vector<KfdNode> read_kfd_gpu_nodes(const Root& root);

/// Whether the GPU of this node can use PCIe atomics on system memory, by the flags of its link to
/// the CPU; nullopt: it has no PCIe link, or KFD does not say.
std::optional<bool> has_pcie_atomics(const Root& root, unsigned node);

/// "gfx1031" for 100301, "gfx90a" for 90010; nullopt for a number that names no GPU.
std::optional<std::string> gfx_name(std::uint32_t gfx_target);

}  // namespace rocmfix::detail
