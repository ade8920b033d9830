// SPDX-License-Identifier: MIT
// What a machine with the configured GPUs shows in sysfs: KFD's topology (kfd_topology.c,
// kfd_crat.c), the PCI functions with what amdgpu adds, and DRM's nodes. After Linux 6.1 and 6.12.
#include <sys/sysinfo.h>
#include <unistd.h>

#include <bit>

#include "kfd/process.hpp"
#include "libc/virtual_tree.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// A constant, and no object: this is used before static constructors have run.
constexpr std::string_view topology = "/sys/devices/virtual/kfd/kfd/topology";
constexpr unsigned heap_system = 0;
constexpr unsigned heap_public = 1;
constexpr unsigned heap_private = 2;
constexpr unsigned link_enabled = 1;
constexpr unsigned link_non_coherent = 2;
constexpr std::uint32_t simd_id_base = 0x80000000;

std::uint64_t ram_bytes() {
  struct sysinfo info {};
  sysinfo(&info);
  return info.totalram * info.mem_unit;
}

void add_link_file(VirtualTree& tree, unsigned from, unsigned to, unsigned index, unsigned flags) {
  tree.add_file(formatted("{}/nodes/{}/io_links/{}/properties", topology, from, index),
                formatted("type 2\nversion_major 0\nversion_minor 0\nnode_from {}\nnode_to {}\n"
                          "weight 20\nmin_latency 0\nmax_latency 0\nmin_bandwidth 312\n"
                          "max_bandwidth 31508\nrecommended_transfer_size 0\n"
                          "recommended_sdma_engine_id_mask 0\nflags {}\n",
                          from, to, flags));
}

void add_memory(VirtualTree& tree, unsigned node, unsigned heap, std::uint64_t size,
                std::uint32_t width, std::uint32_t clock) {
  tree.add_file(formatted("{}/nodes/{}/mem_banks/0/properties", topology, node),
                formatted("heap_type {}\nsize_in_bytes {}\nflags 0\nwidth {}\nmem_clk_max {}\n",
                          heap, size, width, clock));
}

void add_caches(VirtualTree& tree, const Gpu& gpu) {
  // HSA_CACHE_TYPE_DATA | HSA_CACHE_TYPE_HSACU; the L1s of the first CU, then what all share.
  struct Cache {
    unsigned level;
    std::uint32_t kib, line;
  };
  const Cache caches[] = {{1, 16, 128}, {2, gpu.card->l2_kib, 128}, {3, gpu.card->l3_kib, 64}};
  unsigned index = 0;
  for (const Cache& cache : caches) {
    if (cache.kib != 0) {
      tree.add_file(
          formatted("{}/nodes/{}/caches/{}/properties", topology, gpu.node, index++),
          formatted("processor_id_low {}\nlevel {}\nsize {}\ncache_line_size {}\n"
                    "cache_lines_per_tag 1\nassociation 16\nlatency 0\ntype 9\nsibling_map 1\n",
                    simd_id_base, cache.level, cache.kib, cache.line));
    }
  }
}

void add_cpu_node(VirtualTree& tree) {
  unsigned links = 0;
  for (const Gpu& gpu : gpus()) {
    if (gpu.large_bar) {  // only VRAM that the CPU reaches has a link from it (kfd_crat.c)
      add_link_file(tree, 0, gpu.node, links++, link_enabled | link_non_coherent);
    }
  }
  const std::string node = formatted("{}/nodes/0", topology);
  tree.add_file(node + "/gpu_id", "0\n");
  tree.add_file(node + "/name", "\n");
  tree.add_directory(node + "/caches");
  tree.add_directory(node + "/io_links");
  tree.add_directory(node + "/p2p_links");
  tree.add_file(
      node + "/properties",
      formatted("cpu_cores_count {}\nsimd_count 0\nmem_banks_count 1\ncaches_count 0\n"
                "io_links_count {}\np2p_links_count 0\ncpu_core_id_base 0\nsimd_id_base 0\n"
                "max_waves_per_simd 0\nlds_size_in_kb 0\ngds_size_in_kb 0\nnum_gws 0\n"
                "wave_front_size 0\narray_count 0\nsimd_arrays_per_engine 0\n"
                "cu_per_simd_array 0\nsimd_per_cu 0\nmax_slots_scratch_cu 0\n"
                "gfx_target_version 0\nvendor_id 0\ndevice_id 0\nlocation_id 0\ndomain 0\n"
                "drm_render_minor 0\nhive_id 0\nnum_sdma_engines 0\nnum_sdma_xgmi_engines 0\n"
                "num_sdma_queues_per_engine 0\nnum_cp_queues 0\n"
                "max_engine_clk_ccompute 3000\n",
                sysconf(_SC_NPROCESSORS_ONLN), links));
  add_memory(tree, 0, heap_system, ram_bytes(), 64, 0);
}

// HSA_CAP_*: doorbells of type 2.0, four watch points (log2 is 2), ASIC revision 1 and, where the
// kernel has it, SVM.
std::uint32_t capability() {
  return 1U << 7U | 2U << 8U | 2U << 12U | 1U << 15U | 1U << 22U |
         (configuration()->kernel.svm ? 1U << 27U : 0);
}

unsigned location_id(const Gpu& gpu) {
  return static_cast<unsigned>(std::stoul(gpu.bdf.substr(5, 2), nullptr, 16)) << 8U;
}

void add_gpu_node(VirtualTree& tree, const Gpu& gpu, std::uint32_t simd_base) {
  const Card& card = *gpu.card;
  const std::string node = formatted("{}/nodes/{}", topology, gpu.node);
  tree.add_file(node + "/gpu_id", formatted("{}\n", gpu.gpu_id));
  tree.add_file(node + "/name", formatted("{}\n", card.asic));
  tree.add_file(
      node + "/properties",
      formatted(
          "cpu_cores_count 0\nsimd_count {}\nmem_banks_count 1\ncaches_count {}\n"
          "io_links_count 1\np2p_links_count 0\ncpu_core_id_base 0\nsimd_id_base {}\n"
          "max_waves_per_simd {}\nlds_size_in_kb 64\ngds_size_in_kb 0\nnum_gws 0\n"
          "wave_front_size 32\narray_count {}\nsimd_arrays_per_engine {}\ncu_per_simd_array {}\n"
          "simd_per_cu 2\nmax_slots_scratch_cu 32\ngfx_target_version {}\nvendor_id 4098\n"
          "device_id {}\nlocation_id {}\ndomain 0\ndrm_render_minor {}\nhive_id 0\n"
          "num_sdma_engines {}\nnum_sdma_xgmi_engines 0\nnum_sdma_queues_per_engine 8\n"
          "num_cp_queues 8\nmax_engine_clk_fcompute {}\nlocal_mem_size {}\nfw_version 107\n"
          "capability {}\ndebug_prop 1495\nsdma_fw_version 80\nunique_id 0\nnum_xcc 1\n"
          "max_engine_clk_ccompute 3000\n",
          card.simds(), card.l3_kib != 0 ? 3 : 2, simd_base, card.waves, card.engines * card.arrays,
          card.arrays, card.cu_per_array, card.gfx_target, card.device, location_id(gpu), gpu.minor,
          card.sdma, card.sclk, 0, capability()));
  add_memory(tree, gpu.node, gpu.large_bar ? heap_public : heap_private, card.vram_bytes(),
             card.vram_width, card.mclk);
  add_caches(tree, gpu);
  add_link_file(tree, gpu.node, 0, 0, link_enabled);
  tree.add_directory(node + "/p2p_links");
}

void add_topology(VirtualTree& tree) {
  tree.add_file(formatted("{}/generation_id", topology), formatted("{}\n", 1 + gpus().size()));
  tree.add_file(formatted("{}/system_properties", topology),
                "platform_oem 0\nplatform_id 0\nplatform_rev 0\n");
  add_cpu_node(tree);
  std::uint32_t simd_base = simd_id_base;
  for (const Gpu& gpu : gpus()) {
    add_gpu_node(tree, gpu, simd_base);
    simd_base += gpu.card->engines * gpu.card->arrays * gpu.card->cu_per_array;
  }
  tree.add_file("/sys/devices/virtual/kfd/kfd/dev", "241:0\n");
  tree.add_file("/sys/devices/virtual/kfd/kfd/uevent", "MAJOR=241\nMINOR=0\nDEVNAME=kfd\n");
  tree.add_link("/sys/class/kfd/kfd", "/sys/devices/virtual/kfd/kfd");
}

void add_pci(VirtualTree& tree, const Gpu& gpu, const std::string& at) {
  const Card& card = *gpu.card;
  const std::uint64_t vram = card.vram_bytes();
  const std::uint64_t aperture = gpu.large_bar ? std::bit_ceil(vram) : 256U << 20U;
  const std::uint64_t bar = 0x7c00000000ULL + gpu.index * 0x800000000ULL;
  const auto number = [&](const char* name, const std::string& text) {
    tree.add_file(at + "/" + name, text + "\n");
  };
  number("vendor", "0x1002");
  number("device", formatted("{:#06x}", card.device));
  number("class", "0x030000");
  number("revision", formatted("{:#04x}", card.revision));
  number("subsystem_vendor", formatted("{:#06x}", card.subsystem_vendor));
  number("subsystem_device", formatted("{:#06x}", card.subsystem_device));
  number("resource", formatted("{:#018x} {:#018x} 0x000000000014220c", bar, bar + aperture - 1));
  number("uevent", formatted("DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:{:04X}\n"
                             "PCI_SUBSYS_ID={:04X}:{:04X}\nPCI_SLOT_NAME={}",
                             card.device, card.subsystem_vendor, card.subsystem_device, gpu.bdf));
  number("mem_info_vram_total", std::to_string(vram));
  number("mem_info_vis_vram_total", std::to_string(gpu.large_bar ? vram : aperture));
  number("power/runtime_status", "active");
  const std::string gc = at + "/ip_discovery/die/0/GC/0/";
  tree.add_file(gc + "major", formatted("{}\n", card.gc_major));
  tree.add_file(gc + "minor", formatted("{}\n", card.gc_minor));
  tree.add_file(gc + "revision", formatted("{}\n", card.gc_revision));
  tree.add_link(at + "/driver", "/sys/bus/pci/drivers/amdgpu");
  tree.add_link(at + "/subsystem", "/sys/bus/pci");
  tree.add_link("/sys/bus/pci/devices/" + gpu.bdf, at);
  tree.add_link("/sys/bus/pci/drivers/amdgpu/" + gpu.bdf, at);
}

void add_drm(VirtualTree& tree, const Gpu& gpu, const std::string& at) {
  const std::pair<std::string, unsigned> nodes[] = {{formatted("card{}", gpu.index), gpu.index},
                                                    {formatted("renderD{}", gpu.minor), gpu.minor}};
  for (const auto& [name, minor] : nodes) {
    const std::string node = formatted("{}/drm/{}", at, name);
    tree.add_file(node + "/dev", formatted("226:{}\n", minor));
    tree.add_file(
        node + "/uevent",
        formatted("MAJOR=226\nMINOR={}\nDEVNAME=dri/{}\nDEVTYPE=drm_minor\n", minor, name));
    tree.add_link(node + "/device", at);
    tree.add_link(node + "/subsystem", "/sys/class/drm");
    tree.add_link("/sys/class/drm/" + name, node);
    tree.add_link(formatted("/sys/dev/char/226:{}", minor), node);
  }
  tree.add_device(formatted("/dev/dri/renderD{}", gpu.minor));
}

VirtualTree* build() {
  auto* const tree = new VirtualTree;  // for the life of the process
  tree->claim("/sys/devices/virtual/kfd");
  tree->claim("/sys/class/kfd");
  tree->claim("/sys/class/drm");
  tree->claim("/sys/bus/pci/devices");
  tree->claim("/sys/bus/pci/drivers/amdgpu");
  tree->claim("/sys/devices/pci0000:00");
  tree->claim("/sys/module/amdgpu");
  tree->claim("/dev/dri");
  tree->add_device("/dev/kfd");
  add_topology(*tree);
  tree->add_file("/sys/module/amdgpu/initstate", "live\n");
  tree->add_directory("/sys/module/amdgpu/holders");
  for (const char* const parameter : {"noretry", "vm_fragment_size", "vm_update_mode"}) {
    // the defaults of amdgpu_drv.c
    tree->add_file(formatted("/sys/module/amdgpu/parameters/{}", parameter), "-1\n");
  }
  tree->claim("/proc/modules");  // where rocminfo looks for the driver
  tree->add_file("/proc/modules", "amdgpu 9000000 1 - Live 0x0000000000000000\n");
  for (const Gpu& gpu : gpus()) {
    const std::string at =
        formatted("/sys/devices/pci0000:00/0000:00:{:02x}.0/{}", gpu.index + 1, gpu.bdf);
    add_pci(*tree, gpu, at);
    add_drm(*tree, gpu, at);
    tree->claim(formatted("/sys/dev/char/226:{}", gpu.index));
    tree->claim(formatted("/sys/dev/char/226:{}", gpu.minor));
  }
  return tree;
}

}  // namespace

const VirtualTree& machine_tree() {
  static const VirtualTree* const tree = build();
  return *tree;
}

}  // namespace rocmfix::sim
