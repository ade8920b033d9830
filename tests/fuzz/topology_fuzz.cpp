// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as the KFD topology's and PCI's sysfs files, parted by NUL. Besides
// what the sanitizers find it holds that a GPU has the shape that the schema promises.
#include <algorithm>
#include <array>
#include <filesystem>

#include "fuzzing.hpp"
#include "machine/kfd_topology.hpp"
#include "rocmfix/gpu.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

const std::string node = "/sys/devices/virtual/kfd/kfd/topology/nodes/1/";
const std::string function = "/sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0/";
const std::array<std::string, 10> files = {node + "properties",
                                           node + "mem_banks/0/properties",
                                           node + "gpu_id",
                                           node + "name",
                                           function + "vendor",
                                           function + "device",
                                           function + "class",
                                           function + "revision",
                                           function + "mem_info_vram_total",
                                           function + "mem_info_vis_vram_total"};

void check(const Gpu& gpu) {
  require(gpu.bdf == "0000:03:00.0", "a function that is not there");
  require(gpu.pci_id.starts_with("1002:") && gpu.pci_id.size() == 9, "a PCI id");
  require(gpu.supported == (gpu.family != Family::other), "only RDNA1 and RDNA2 are supported");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  static const Policy policy = Policy::built_in();
  std::string_view rest = fuzz::text_of(data, size);
  for (const std::string& file : files) {
    machine.put(file, fuzz::take_part(rest, '\0'));
  }
  static const bool linked = [] {
    const auto devices = machine.root().dir() / "sys/bus/pci/devices";
    std::filesystem::create_directories(devices);
    std::filesystem::create_symlink("../../../devices/pci0000:00/0000:00:01.0/0000:03:00.0",
                                    devices / "0000:03:00.0");
    return true;
  }();
  const Root root = machine.root();
  for (const auto& one : detail::read_kfd_gpu_nodes(root)) {
    require(one.number == 1, "a node that is not there");
    if (one.gfx_target) {
      const auto name = detail::gfx_name(*one.gfx_target);
      require(!name || name->starts_with("gfx"), "a target's name");
    }
  }
  const auto gpus = discover_gpus(root, policy, linked);
  require(gpus.size() <= 1, "more GPUs than functions");
  std::for_each(gpus.begin(), gpus.end(), check);
  return 0;
}
