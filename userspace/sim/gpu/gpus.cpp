// SPDX-License-Identifier: MIT
// From the configuration to the GPUs of the simulated machine: where each sits, and its ids.

#include <array>

#include "kfd/process.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// kfd_generate_gpu_id() of 6.1: the hash of seven words, 16 bits wide.
std::uint32_t generate_gpu_id(const Card& card, unsigned bus) {
  const std::array<std::uint32_t, 7> words = {
      0,  // pdev->devfn
      card.subsystem_vendor | std::uint32_t{card.subsystem_device} << 16U,
      0,  // PCI domain
      card.device,
      bus,
      static_cast<std::uint32_t>(card.vram_bytes()),
      static_cast<std::uint32_t>(card.vram_bytes() >> 32U)};
  std::uint32_t result = 0;
  for (const std::uint32_t word : words) {
    result ^= (word * 0x61C88647U) >> 16U;
  }
  return result;
}

std::vector<Gpu> place_gpus() {
  std::vector<Gpu> result;
  const Configuration* const config = configuration();
  if (config == nullptr) {
    return result;
  }
  for (const GpuConfiguration& wanted : config->gpus) {
    Gpu gpu;
    gpu.index = static_cast<unsigned>(result.size());
    gpu.card = wanted.card;
    gpu.large_bar = wanted.large_bar;
    gpu.patched = wanted.patched;
    gpu.mtype = wanted.mtype;
    gpu.caches = wanted.caches;
    // A discrete card stands behind a root port and its own switch: 03, 06, 09, ...
    const unsigned bus = 3 * (gpu.index + 1);
    gpu.bdf = formatted("0000:{:02x}:00.0", bus);
    gpu.gpu_id = generate_gpu_id(*wanted.card, bus);
    gpu.node = gpu.index + 1;
    gpu.minor = 128 + gpu.index;
    result.push_back(std::move(gpu));
  }
  return result;
}

}  // namespace

const std::vector<Gpu>& gpus() {
  static const auto* const placed = new std::vector<Gpu>(place_gpus());
  return *placed;
}

std::uint32_t gb_addr_config(const Card& card) {
  if (card.gc_major == 10 && card.gc_minor == 1) {
    return card.engines > 1 ? 0x00100044 : 0x00000043;
  }
  // log2 of pipes in bits 0 to 2, of packers, as many, in bits 8 to 10
  const std::uint32_t pipes = card.engines > 2 ? 4 : card.engines > 1 ? 3 : 2;
  return 0x00000040U | pipes | pipes << 8U;
}

const Gpu* gpu_by_id(std::uint32_t gpu_id) {
  for (const Gpu& gpu : gpus()) {
    if (gpu.gpu_id == gpu_id) {
      return &gpu;
    }
  }
  return nullptr;
}

}  // namespace rocmfix::sim
