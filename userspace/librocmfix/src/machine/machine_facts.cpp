// SPDX-License-Identifier: MIT
#include "rocmfix/machine_facts.hpp"

#include "rocmfix/driver.hpp"

namespace rocmfix {

std::vector<std::pair<std::string, std::string>> machine_facts(const Root& root,
                                                               const std::vector<Gpu>& gpus) {
  std::vector<std::pair<std::string, std::string>> facts;
  if (auto release = read_kernel_release(root)) {
    facts.emplace_back("kernel", std::move(*release));
  }
  for (const Gpu& gpu : gpus) {
    if (gpu.kfd_node) {
      facts.emplace_back("gpu-node", gpu.pci_id);
    }
    if (gpu.supported && gpu.gfx) {
      facts.emplace_back(gpu.family == Family::rdna1 ? "rdna1" : "rdna2", *gpu.gfx);
    }
  }
  return facts;
}

}  // namespace rocmfix
