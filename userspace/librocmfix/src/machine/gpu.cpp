// SPDX-License-Identifier: MIT
// Finds the AMD GPUs of a machine and puts together what sysfs, KFD and the tables say of each.
//
// Never wakes a suspended GPU. What is read here only prints what the kernel remembers: vendor,
// device, class, revision, resource and uevent (pci-sysfs.c), mem_info_*_total (amdgpu_vram_mgr.c,
// amdgpu_mem_info_vram_total_show() and its neighbours) and ip_discovery (amdgpu_discovery.c); read
// in Linux 6.1 and 6.12. Not to be read: PCI's config and current_link_* (they call
// pci_config_pm_runtime_get()); amdgpu's pp_*, gpu_busy_percent, power_dpm_* and hwmon (amdgpu_pm.c
// calls pm_runtime_get_sync()), except of a GPU that is awake (machine/awake.hpp); and no device
// node may be opened (amdgpu_driver_open_kms()).
#include "rocmfix/gpu.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "machine/kfd_topology.hpp"
#include "machine/marketing_name.hpp"
#include "machine/pci_function.hpp"
#include "util/formatted.hpp"

namespace rocmfix {

namespace {

using detail::KfdNode;
using detail::MarketingNames;
using detail::PciFunction;

constexpr std::uint64_t most_vram_bytes = std::uint64_t{1} << 44U;  // 16 TiB: above it is garbage

const KfdNode* find_node(const std::vector<KfdNode>& nodes, const PciFunction& function,
                         std::uint16_t device_id) {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const KfdNode& node) {
    return node.location_id == function.location &&
           node.domain.value_or(function.domain) == function.domain &&
           node.vendor_id.value_or(detail::vendor_amd) == detail::vendor_amd &&
           node.device_id.value_or(device_id) == device_id;
  });
  return found == nodes.end() ? nullptr : &*found;
}

std::optional<GcVersion> read_ip_discovery(const Root& root, const std::string& directory) {
  // "GC" is a link to the folder of the block's number, which a copy without links does not have.
  const std::string die = directory + "/ip_discovery/die/0/";
  const std::string gc = die + (root.exists(die + "GC") ? "GC/0/" : "11/0/");
  const auto major = root.read_number(gc + "major");
  const auto minor = root.read_number(gc + "minor");
  const auto revision = root.read_number(gc + "revision");
  constexpr std::uint64_t most = 0xff;  // a byte each in the discovery table
  if (!major || !minor || !revision || *major == 0 || *major > most || *minor > most ||
      *revision > most) {
    return std::nullopt;
  }
  return GcVersion{static_cast<unsigned>(*major), static_cast<unsigned>(*minor),
                   static_cast<unsigned>(*revision)};
}

// The one version that all chips of this gfx target have; two APUs share gfx1036.
std::optional<GcVersion> only_gc(const Policy& policy, std::string_view gfx) {
  std::optional<GcVersion> only;
  for (const Chip& chip : policy.chips()) {
    for (const GcVersion& gc : chip.gc) {
      if (chip.gfx == gfx && only.value_or(gc) != gc) {
        return std::nullopt;
      }
      if (chip.gfx == gfx) {
        only = gc;
      }
    }
  }
  return only;
}

std::optional<std::string> gfx_of_gc(const Policy& policy, const GcVersion& gc) {
  for (const Chip& chip : policy.chips()) {
    if (std::find(chip.gc.begin(), chip.gc.end(), gc) != chip.gc.end()) {
      return std::string(chip.gfx);
    }
  }
  return std::nullopt;
}

// gfx target, GC version, family. The running driver knows best, the table of ids comes last.
void identify(Gpu& gpu, const Policy& policy, const Chip* chip, const KfdNode* node) {
  if (node != nullptr && node->gfx_target) {
    gpu.gfx = detail::gfx_name(*node->gfx_target);
  }
  if (!gpu.gfx && gpu.gc) {
    gpu.gfx = gfx_of_gc(policy, *gpu.gc);
  }
  if (!gpu.gfx && !gpu.gc && chip != nullptr) {
    gpu.gfx = std::string(chip->gfx);
    if (chip->gc.size() == 1) {
      gpu.gc = chip->gc.front();
    }
  } else if (gpu.gfx && !gpu.gc) {
    const bool same_chip = chip != nullptr && chip->gfx == *gpu.gfx && chip->gc.size() == 1;
    gpu.gc = same_chip ? std::optional(chip->gc.front()) : only_gc(policy, *gpu.gfx);
  }
  if (gpu.gc) {
    gpu.family = family_of(*gpu.gc);
  } else if (gpu.gfx) {
    gpu.family = family_of_gfx(*gpu.gfx);
  }
  gpu.supported = gpu.family != Family::other;
}

void measure_memory(Gpu& gpu, const Root& root, const std::string& directory, const KfdNode* node) {
  const auto total = root.read_number(directory + "/mem_info_vram_total");
  if (total && *total > 0 && *total <= most_vram_bytes) {
    gpu.vram_bytes = total;
  } else if (node != nullptr) {
    gpu.vram_bytes = node->vram_bytes;
  }
  if (!gpu.vram_bytes) {
    return;
  }
  // On an APU the driver reaches all of its VRAM without the BAR, so its word comes first.
  auto visible = root.read_number(directory + "/mem_info_vis_vram_total");
  if (!visible) {
    visible = detail::read_bar0_bytes(root, directory);
  }
  if (visible) {
    gpu.large_bar = *visible >= *gpu.vram_bytes;
  }
}

std::optional<Gpu> describe(const Root& root, const Policy& policy, const PciFunction& function,
                            const std::vector<KfdNode>& nodes,
                            const std::optional<MarketingNames>& names) {
  const auto device = detail::read_device_id(root, function.directory);
  if (!device || *device == 0 || *device >= 0xffff) {
    return std::nullopt;  // nothing there, or a function that has fallen off the bus
  }
  Gpu gpu;
  gpu.bdf = function.bdf;
  gpu.device_id = static_cast<std::uint16_t>(*device);
  gpu.pci_id = formatted("1002:{:04x}", gpu.device_id);
  const auto revision = root.read_number(function.directory + "/revision");
  if (revision && *revision <= 0xff) {
    gpu.revision = static_cast<std::uint8_t>(*revision);
    gpu.name = names ? names->find(gpu.device_id, *gpu.revision) : std::nullopt;
  }
  const Chip* const chip = policy.chip_by_pci(gpu.device_id);
  if (!gpu.name && chip != nullptr) {
    gpu.name = std::string(chip->name);
  }
  const KfdNode* const node = find_node(nodes, function, gpu.device_id);
  if (node != nullptr) {
    gpu.kfd_node = node->number;
  }
  gpu.gc = read_ip_discovery(root, function.directory);
  identify(gpu, policy, chip, node);
  if (chip != nullptr) {
    gpu.apu = chip->apu;
  } else if (node != nullptr && node->has_cpu_cores) {
    gpu.apu = true;
  }
  measure_memory(gpu, root, function.directory, node);
  gpu.driver = detail::bound_driver(root, function.directory);
  return gpu;
}

}  // namespace

std::string to_string(const GcVersion& gc) {
  return formatted("{}.{}.{}", gc.major, gc.minor, gc.revision);
}

std::vector<Gpu> discover_gpus(const Root& root, const Policy& policy, bool names) {
  const std::vector<PciFunction> functions = detail::list_amd_gpu_functions(root);
  if (functions.empty()) {
    return {};
  }
  const std::vector<KfdNode> nodes = detail::read_kfd_gpu_nodes(root);
  std::optional<MarketingNames> table;
  if (names) {
    table.emplace(root);
  }
  std::vector<Gpu> gpus;
  for (const PciFunction& function : functions) {
    if (auto gpu = describe(root, policy, function, nodes, table)) {
      gpus.push_back(std::move(*gpu));
    }
  }
  return gpus;
}

std::optional<Error> unreadable_gpus(const Root& root) {
  for (const std::string_view directory : {detail::pci_devices, detail::drm_class}) {
    for (const Root::Unreadable& one : root.unreadable(directory)) {
      const std::string_view name =
          std::string_view(one.path).substr(one.path.find_last_of('/') + 1);
      constexpr std::array<std::string_view, 4> telling = {"vendor", "class", "device", "uevent"};
      if (one.path == directory ||
          std::find(telling.begin(), telling.end(), name) != telling.end()) {
        return io_error(formatted("cannot detect the GPUs: {}", root.host_path(one.path).string()),
                        one.errnum);
      }
    }
  }
  return std::nullopt;
}

}  // namespace rocmfix
