// SPDX-License-Identifier: MIT
// GPU discovery over the synthetic roots, and over trees with what a real capture can lack or
// get wrong.
#include "rocmfix/gpu.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "machine/displays.hpp"
#include "machine/firmware.hpp"
#include "machine/kfd_topology.hpp"
#include "machine/pci_path.hpp"
#include "machine/power_settings.hpp"
#include "temporary_tree.hpp"

namespace rocmfix {
namespace {

using test::TemporaryTree;

constexpr std::uint64_t mib = 1U << 20U;
constexpr std::string_view card = "/sys/bus/pci/devices/0000:03:00.0";
constexpr std::string_view node = "/sys/devices/virtual/kfd/kfd/topology/nodes/1";

std::filesystem::path roots() {
  const char* const dir = std::getenv("ROCMFIX_TEST_ROOTS");  // NOLINT(concurrency-mt-unsafe)
  return dir != nullptr ? dir : "build/roots";
}

std::vector<Gpu> gpus_of(const Root& root) {
  return discover_gpus(root, Policy::built_in());
}

std::vector<Gpu> gpus_of(std::string_view name) {
  const auto root = Root::open(roots() / name);
  EXPECT_TRUE(root) << "build the roots first: tests/data/make-roots build/roots";
  return root ? gpus_of(*root) : std::vector<Gpu>{};
}

/// A tree with one function at 0000:03:00.0 that PCI knows and no driver is bound to.
void add_card(const TemporaryTree& tree, std::string_view device,
              std::string_view pci_class = "0x030000") {
  tree.write(fmt::format("{}/vendor", card), "0x1002\n");
  tree.write(fmt::format("{}/device", card), fmt::format("{}\n", device));
  tree.write(fmt::format("{}/class", card), fmt::format("{}\n", pci_class));
  tree.write("/usr/share/libdrm/amdgpu.ids", "# nothing\n");
}

void add_gc(const TemporaryTree& tree, std::string_view major, std::string_view minor,
            std::string_view revision) {
  const std::string gc = fmt::format("{}/ip_discovery/die/0/GC/0", card);
  tree.write(gc + "/major", major);
  tree.write(gc + "/minor", minor);
  tree.write(gc + "/revision", revision);
}

Gpu only_gpu(const TemporaryTree& tree) {
  const auto gpus = gpus_of(tree.root());
  EXPECT_EQ(gpus.size(), 1U);
  return gpus.empty() ? Gpu{} : gpus.front();
}

struct Expected {
  const char* root;
  const char* bdf;
  const char* pci_id;
  const char* name;
  const char* gfx;
  std::optional<GcVersion> gc;
  Family family;
  std::optional<bool> apu;
  std::optional<unsigned> node;
  std::optional<std::uint64_t> vram_mib;
  std::optional<bool> large_bar;
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.root << ' ' << expected.bdf;
}

class CapturedRoot : public testing::TestWithParam<Expected> {};

TEST_P(CapturedRoot, IsReadAsWhatItDescribes) {
  const Expected& want = GetParam();
  const auto gpus = gpus_of(want.root);
  const auto gpu =
      std::find_if(gpus.begin(), gpus.end(), [&](const Gpu& g) { return g.bdf == want.bdf; });
  ASSERT_NE(gpu, gpus.end());
  EXPECT_EQ(gpu->pci_id, want.pci_id);
  EXPECT_EQ(gpu->name, want.name);
  EXPECT_EQ(gpu->gfx, want.gfx);
  EXPECT_EQ(gpu->gc, want.gc);
  EXPECT_EQ(gpu->family, want.family);
  EXPECT_EQ(gpu->supported, want.family != Family::other);
  EXPECT_EQ(gpu->apu, want.apu);
  EXPECT_EQ(gpu->kfd_node, want.node);
  const auto vram =
      want.vram_mib ? std::optional(*want.vram_mib * mib) : std::optional<std::uint64_t>();
  EXPECT_EQ(gpu->vram_bytes, vram);
  EXPECT_EQ(gpu->large_bar, want.large_bar);
  const bool loaded = std::string_view(want.root) != "not-loaded";
  EXPECT_EQ(gpu->driver, loaded ? std::optional<std::string>("amdgpu") : std::nullopt);
}

constexpr GcVersion navi10{10, 1, 10};
constexpr GcVersion navi23{10, 3, 4};
const auto machines = testing::Values(
    Expected{"rx5600xt", "0000:03:00.0", "1002:731f", "AMD Radeon RX 5600 XT", "gfx1010", navi10,
             Family::rdna1, false, 1, 6128, false},
    Expected{"rx5600xt-rocmfix", "0000:03:00.0", "1002:731f", "AMD Radeon RX 5600 XT", "gfx1010",
             navi10, Family::rdna1, false, 1, 6128, false},
    Expected{"rx5600xt-origin", "0000:03:00.0", "1002:731f", "AMD Radeon RX 5600 XT", "gfx1010",
             navi10, Family::rdna1, false, 1, 6128, false},
    Expected{"rx5600xt-73", "0000:03:00.0", "1002:731f", "AMD Radeon RX 5600 XT", "gfx1010", navi10,
             Family::rdna1, false, 1, 6128, false},
    Expected{"rx5500xt", "0000:03:00.0", "1002:7340", "AMD Radeon RX 5500 XT", "gfx1012",
             GcVersion{10, 1, 1}, Family::rdna1, false, 1, 8176, false},
    Expected{"rx6600xt", "0000:03:00.0", "1002:73ff", "AMD Radeon RX 6600 XT", "gfx1032", navi23,
             Family::rdna2, false, 1, 8176, true},
    Expected{"rx6700xt", "0000:0b:00.0", "1002:73df", "AMD Radeon RX 6700 XT", "gfx1031",
             GcVersion{10, 3, 2}, Family::rdna2, false, 1, 12272, true},
    Expected{"rx6900xt", "0000:2d:00.0", "1002:73bf", "AMD Radeon RX 6900 XT", "gfx1030",
             GcVersion{10, 3, 0}, Family::rdna2, false, 1, 16368, true},
    Expected{"rx6800-raphael", "0000:03:00.0", "1002:73bf", "AMD Radeon RX 6800", "gfx1030",
             GcVersion{10, 3, 0}, Family::rdna2, false, 1, 16368, true},
    Expected{"rx6800-raphael", "0000:0e:00.0", "1002:164e", "Raphael", "gfx1036",
             GcVersion{10, 3, 6}, Family::rdna2, true, 2, 512, true},
    Expected{"rx7900xtx", "0000:03:00.0", "1002:744c", "AMD Radeon RX 7900 XTX", "gfx1100",
             GcVersion{11, 0, 0}, Family::other, std::nullopt, 1, 24560, true},
    Expected{"mi210", "0000:83:00.0", "1002:740f", "AMD Instinct MI210", "gfx90a", std::nullopt,
             Family::other, std::nullopt, 1, 65520, true},
    Expected{"not-loaded", "0000:03:00.0", "1002:73ff", "AMD Radeon RX 6600 XT", "gfx1032", navi23,
             Family::rdna2, false, std::nullopt, std::nullopt, std::nullopt},
    Expected{"suspended", "0000:03:00.0", "1002:73ff", "AMD Radeon RX 6600M", "gfx1032", navi23,
             Family::rdna2, false, 1, 8176, true});
INSTANTIATE_TEST_SUITE_P(Machines, CapturedRoot, machines);

TEST(Gpus, AreNeitherBridgesNorAudioNorIntel) {
  EXPECT_EQ(gpus_of("rx5600xt").size(), 1U);
  EXPECT_EQ(gpus_of("suspended").size(), 1U);
  EXPECT_TRUE(gpus_of("no-amd").empty());
}

TEST(Gpus, ComeInTheOrderOfTheirAddress) {
  const TemporaryTree tree;
  for (const std::string_view bdf : {"10000:01:00.0", "0000:0b:00.0", "0000:03:00.0"}) {
    const std::string directory = fmt::format("/sys/bus/pci/devices/{}", bdf);
    tree.write(directory + "/vendor", "0x1002\n");
    tree.write(directory + "/device", "0x73bf\n");
    tree.write(directory + "/class", "0x030000\n");
  }
  const auto gpus = gpus_of(tree.root());
  ASSERT_EQ(gpus.size(), 3U);
  EXPECT_EQ(gpus[0].bdf, "0000:03:00.0");
  EXPECT_EQ(gpus[1].bdf, "0000:0b:00.0");
  EXPECT_EQ(gpus[2].bdf, "10000:01:00.0");
}

TEST(Gpus, ARootWithoutSysHasNone) {
  const TemporaryTree tree;
  EXPECT_TRUE(gpus_of(tree.root()).empty());
}

TEST(Gpus, AreFoundThroughDrmWhereThereIsNoPciBus) {
  const TemporaryTree tree;
  std::filesystem::copy(
      roots() / "rx6800-raphael/sys", tree.at("/sys"),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::filesystem::remove_all(tree.at("/sys/bus"));
  const auto gpus = gpus_of(tree.root());
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].bdf, "0000:03:00.0");
  EXPECT_EQ(gpus[0].gfx, "gfx1030");
  EXPECT_EQ(gpus[1].bdf, "0000:0e:00.0");
  EXPECT_EQ(gpus[1].driver, "amdgpu");
}

TEST(Gpus, AreFoundThroughDrmWhereLinksWereCopiedAsDirectories) {
  const TemporaryTree tree;
  tree.write("/sys/class/drm/card0/device/vendor", "0x1002\n");
  tree.write("/sys/class/drm/card0/device/class", "0x030000\n");
  tree.write("/sys/class/drm/card0/device/device", "0x731f\n");
  tree.write("/sys/class/drm/card0/device/uevent", "PCI_SLOT_NAME=0000:03:00.0\nDRIVER=amdgpu\n");
  const Gpu gpu = only_gpu(tree);
  EXPECT_EQ(gpu.bdf, "0000:03:00.0");
  EXPECT_EQ(gpu.driver, "amdgpu");
}

TEST(Gpus, MayBeAccelerators) {
  const TemporaryTree tree;
  add_card(tree, "0x74a1", "0x120000");
  EXPECT_EQ(only_gpu(tree).pci_id, "1002:74a1");
}

TEST(Gpu, OfWhichNothingIsKnownStaysUnknownAndUnsupported) {
  const TemporaryTree tree;
  add_card(tree, "0xbeef");
  const Gpu gpu = only_gpu(tree);
  EXPECT_EQ(gpu.pci_id, "1002:beef");
  EXPECT_EQ(gpu.name, std::nullopt);
  EXPECT_EQ(gpu.gfx, std::nullopt);
  EXPECT_EQ(gpu.gc, std::nullopt);
  EXPECT_EQ(gpu.family, Family::other);
  EXPECT_FALSE(gpu.supported);
  EXPECT_EQ(gpu.apu, std::nullopt);
  EXPECT_EQ(gpu.driver, std::nullopt);
}

TEST(Gpu, WithAnUnlistedIdIsKnownByItsIpDiscovery) {
  const TemporaryTree tree;
  add_card(tree, "0xbeef");
  add_gc(tree, "10\n", "3\n", "2\n");
  const Gpu gpu = only_gpu(tree);
  EXPECT_EQ(gpu.gfx, "gfx1031");
  EXPECT_EQ(gpu.family, Family::rdna2);
  EXPECT_TRUE(gpu.supported);
}

TEST(Gpu, WithTwoGcVersionsHasNoneBeforeTheDriverSays) {
  const TemporaryTree tree;
  add_card(tree, "0x13fe");
  const Gpu gpu = only_gpu(tree);
  EXPECT_EQ(gpu.name, "Cyan Skillfish");
  EXPECT_EQ(gpu.gfx, "gfx1013");
  EXPECT_EQ(gpu.gc, std::nullopt);
  EXPECT_EQ(gpu.family, Family::rdna1);
  EXPECT_EQ(gpu.apu, true);

  add_gc(tree, "10\n", "1\n", "4\n");
  EXPECT_EQ(only_gpu(tree).gc, (GcVersion{10, 1, 4}));
}

TEST(Gpu, OfAnotherGenerationIsUnsupportedWhateverItsIdSays) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  add_gc(tree, "11\n", "0\n", "0\n");
  EXPECT_EQ(only_gpu(tree).family, Family::other);
  EXPECT_FALSE(only_gpu(tree).supported);
}

TEST(Gpu, WithGarbageInIpDiscoveryIsKnownByItsId) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  for (const auto& [major, minor, revision] :
       {std::array{"ten\n", "1\n", "10\n"}, std::array{"10\n", "4096\n", "10\n"},
        std::array{"10\n", "", "10\n"}, std::array{"-1\n", "1\n", "10\n"},
        std::array{"0\n", "0\n", "0\n"}}) {
    add_gc(tree, major, minor, revision);
    EXPECT_EQ(only_gpu(tree).gc, navi10) << major << minor << revision;
  }
}

TEST(Gpu, IsItsKfdNodeByDomainAndLocation) {
  const TemporaryTree tree;
  add_card(tree, "0x73df");
  const std::string properties = fmt::format("{}/properties", node);
  const auto node_with = [&](std::string_view location) {
    tree.write(properties, fmt::format("simd_count 80\ngfx_target_version 100301\n{}", location));
    return only_gpu(tree).kfd_node;
  };
  EXPECT_EQ(node_with("location_id 768\ndomain 0\n"), 1U);
  EXPECT_EQ(node_with("location_id 768\n"), 1U) << "old kernels show no domain";
  EXPECT_EQ(node_with("location_id 768\ndomain 1\n"), std::nullopt);
  EXPECT_EQ(node_with("location_id 769\ndomain 0\n"), std::nullopt);
  EXPECT_EQ(node_with("location_id 768\ndevice_id 29471\n"), std::nullopt);
  EXPECT_EQ(node_with("location_id 768\ndevice_id 29663\nvendor_id 4098\n"), 1U);
  EXPECT_EQ(node_with(""), std::nullopt);
}

TEST(Gpu, KnownOnlyToKfdHasTheGcVersionThatItsTargetImplies) {
  const TemporaryTree tree;
  add_card(tree, "0xbeef");
  tree.write(fmt::format("{}/properties", node),
             "simd_count 80\ngfx_target_version 100301\nlocation_id 768\n");
  EXPECT_EQ(only_gpu(tree).gc, (GcVersion{10, 3, 2}));
  tree.write(fmt::format("{}/properties", node),
             "simd_count 4\ngfx_target_version 100306\nlocation_id 768\n");
  EXPECT_EQ(only_gpu(tree).gc, std::nullopt) << "10.3.6 or 10.3.7";
  EXPECT_EQ(only_gpu(tree).gfx, "gfx1036");
  EXPECT_TRUE(only_gpu(tree).supported);
}

TEST(Gpu, HasVramFromKfdWhereTheDriverDoesNotSay) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  tree.write(fmt::format("{}/properties", node), "simd_count 72\nlocation_id 768\n");
  const auto vram_of_bank = [&](std::string_view text) {
    tree.write(fmt::format("{}/mem_banks/0/properties", node), text);
    return only_gpu(tree).vram_bytes;
  };
  EXPECT_EQ(vram_of_bank("heap_type 2\nsize_in_bytes 6425673728\n"), 6128 * mib);
  EXPECT_EQ(vram_of_bank("heap_type 1\nsize_in_bytes 6425673728\n"), 6128 * mib);
  EXPECT_EQ(vram_of_bank("heap_type 4\nsize_in_bytes 65536\n"), std::nullopt) << "LDS";
  EXPECT_EQ(vram_of_bank("heap_type 2\nsize_in_bytes 18446744073709551615\n"), std::nullopt);
  EXPECT_EQ(vram_of_bank("heap_type 2\n\n\nsize_in_bytes\n"), std::nullopt);
}

TEST(Gpu, WithAbsurdVramHasUnknownVram) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  for (const std::string_view text : {"0\n", "18446744073709551615\n", "8 GiB\n", "", "-1\n"}) {
    tree.write(fmt::format("{}/mem_info_vram_total", card), text);
    EXPECT_EQ(only_gpu(tree).vram_bytes, std::nullopt) << text;
    EXPECT_EQ(only_gpu(tree).large_bar, std::nullopt) << text;
  }
}

TEST(Gpu, HasALargeBarWhenBar0HoldsItsVram) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  tree.write(fmt::format("{}/mem_info_vram_total", card), fmt::format("{}\n", 6128 * mib));
  const auto large_bar = [&](std::string_view resource) {
    tree.write(fmt::format("{}/resource", card), resource);
    return only_gpu(tree).large_bar;
  };
  EXPECT_EQ(large_bar("0x0000007c00000000 0x0000007c0fffffff 0x000000000014220c\n"), false);
  EXPECT_EQ(large_bar("0x0000007c00000000 0x0000007dffffffff 0x000000000014220c\n"), true);
  EXPECT_EQ(large_bar("0x0000000000000000 0x0000000000000000 0x0000000000000000\n"), std::nullopt);
  EXPECT_EQ(large_bar("0x0000007c0fffffff 0x0000007c00000000 0x0\n"), std::nullopt);
  EXPECT_EQ(large_bar("0x 0x\n"), std::nullopt);
  EXPECT_EQ(large_bar("garbage\n"), std::nullopt);
  EXPECT_EQ(large_bar("0x0000007c00000000"), std::nullopt);

  tree.write(fmt::format("{}/mem_info_vis_vram_total", card), fmt::format("{}\n", 256 * mib));
  EXPECT_EQ(large_bar("0x0000007c00000000 0x0000007dffffffff 0x000000000014220c\n"), false)
      << "what the driver reaches counts, not what the BAR could hold";
}

TEST(Gpu, IsNamedByDeviceAndRevisionElseByItsChip) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  EXPECT_EQ(only_gpu(tree).name, "Navi 10");
  tree.write("/usr/share/libdrm/amdgpu.ids",
             "# comment\n1.0.0\n731F,\tC1,\tAMD Radeon RX 5700 XT\n731F,\tCA,\tAMD Radeon RX 5600 "
             "XT\n731F,\tCA,\tSecond\n");
  EXPECT_EQ(only_gpu(tree).name, "Navi 10") << "no revision, no name";
  tree.write(fmt::format("{}/revision", card), "0xca\n");
  EXPECT_EQ(only_gpu(tree).name, "AMD Radeon RX 5600 XT");
  tree.write(fmt::format("{}/revision", card), "0xff\n");
  EXPECT_EQ(only_gpu(tree).name, "Navi 10");
  tree.write("/usr/share/libdrm/amdgpu.ids", "731F,\tFF,\t\x1b[2Jevil\n731F,\tFF,\n731F\n,,,\n");
  EXPECT_EQ(only_gpu(tree).name, "Navi 10") << "a table must not steer the terminal";
}

TEST(Gpu, WithFilesThatAreDirectoriesAndLinkLoopsIsSkippedOrUnknown) {
  const TemporaryTree tree;
  add_card(tree, "0x731f");
  std::filesystem::create_directories(tree.at(fmt::format("{}/revision", card)));
  std::filesystem::create_directories(tree.at(fmt::format("{}/mem_info_vram_total", card)));
  tree.link(fmt::format("{}/driver", card), "driver");
  tree.link(fmt::format("{}/ip_discovery", card), "ip_discovery");
  tree.link("/sys/bus/pci/devices/0000:04:00.0", "0000:04:00.0");
  tree.write("/sys/bus/pci/devices/not-a-bdf/vendor", "0x1002\n");
  tree.write("/sys/bus/pci/devices/not-a-bdf/class", "0x030000\n");
  tree.write("/sys/devices/virtual/kfd/kfd/topology/nodes", "a file\n");
  const Gpu gpu = only_gpu(tree);
  EXPECT_EQ(gpu.gc, navi10);
  EXPECT_EQ(gpu.vram_bytes, std::nullopt);
  EXPECT_EQ(gpu.driver, std::nullopt);
}

TEST(Gpu, ThatFellOffTheBusIsNone) {
  const TemporaryTree tree;
  add_card(tree, "0xffff");
  EXPECT_TRUE(gpus_of(tree.root()).empty());
}

TEST(Gpu, ThatIsSuspendedIsNotWoken) {
  const TemporaryTree tree;
  std::filesystem::copy(
      roots() / "suspended", tree.at("/"),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  // Reading any of these calls pm_runtime_get_sync() in Linux 6.1.
  const std::array waking = {"config",
                             "current_link_speed",
                             "current_link_width",
                             "max_link_speed",
                             "max_link_width",
                             "pp_dpm_sclk",
                             "gpu_busy_percent",
                             "power_dpm_force_performance_level",
                             "pp_od_clk_voltage",
                             "pcie_bw",
                             "hwmon/hwmon0/power1_cap",
                             "hwmon/hwmon0/power1_cap_default",
                             "hwmon/hwmon0/temp1_input",
                             "hwmon/hwmon0/power1_average"};
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(watch, 0);
  for (const char* const name : waking) {
    const std::string path = fmt::format("{}/{}", card, name);
    tree.write(path, "0\n");
    ASSERT_GE(::inotify_add_watch(watch, tree.at(path).c_str(), IN_OPEN | IN_ACCESS), 0) << path;
  }
  // The watch sees an open: otherwise nothing below would prove anything.
  std::array<char, 4096> events{};
  (void)tree.root().read(fmt::format("{}/config", card));
  ASSERT_GT(::read(watch, events.data(), events.size()), 0);

  EXPECT_EQ(only_gpu(tree).gfx, "gfx1032");
  EXPECT_FALSE(detail::read_pci_path(tree.root(), "0000:03:00.0").empty());
  EXPECT_FALSE(detail::read_power_settings(tree.root(), "0000:03:00.0").awake);
  (void)detail::connected_displays(tree.root(), "0000:03:00.0");
  (void)detail::read_loaded_mec(tree.root(), std::string(card));
  EXPECT_LT(::read(watch, events.data(), events.size()), 0) << "a file that wakes the GPU was read";
  ::close(watch);
}

TEST(KfdNode, SaysWhetherItsLinkHasPcieAtomics) {
  const auto atomics = [](std::string_view link) {
    const TemporaryTree tree;
    tree.write(std::string(node) + "/io_links/0/properties", link);
    return detail::has_pcie_atomics(tree.root(), 1);
  };
  EXPECT_EQ(atomics("type 2\nnode_from 1\nnode_to 0\nflags 1\n"), true);
  EXPECT_EQ(atomics("type 2\nnode_from 1\nnode_to 0\nflags 13\n"), false);
  EXPECT_EQ(atomics("type 2\nnode_from 1\nnode_to 0\nflags 5\n"), false);
  EXPECT_EQ(atomics("type 11\nflags 1\n"), std::nullopt) << "XGMI is no PCIe link";
  EXPECT_EQ(atomics("type 2\nflags 0\n"), std::nullopt) << "a link that is not enabled";
  EXPECT_EQ(atomics("type 2\n"), std::nullopt);
  EXPECT_EQ(detail::has_pcie_atomics(TemporaryTree().root(), 1), std::nullopt);
}

TEST(GfxName, IsMajorMinorAndAHexadecimalStepping) {
  EXPECT_EQ(detail::gfx_name(100100), "gfx1010");
  EXPECT_EQ(detail::gfx_name(100301), "gfx1031");
  EXPECT_EQ(detail::gfx_name(90010), "gfx90a");
  EXPECT_EQ(detail::gfx_name(110501), "gfx1151");
  EXPECT_EQ(detail::gfx_name(0), std::nullopt);
  EXPECT_EQ(detail::gfx_name(4294967295U), std::nullopt);
}

TEST(ChipTable, NamesEachPciIdAndEachGcVersionOnce) {
  const Policy policy = Policy::built_in();
  std::set<std::uint16_t> ids;
  std::set<GcVersion> versions;
  for (const Chip& chip : policy.chips()) {
    for (const std::uint16_t id : chip.pci) {
      EXPECT_TRUE(ids.insert(id).second) << chip.name << fmt::format(" {:04x}", id);
    }
    for (const GcVersion& gc : chip.gc) {
      EXPECT_TRUE(versions.insert(gc).second) << chip.name << ' ' << to_string(gc);
      EXPECT_EQ(family_of(gc), family_of_gfx(chip.gfx)) << chip.name;
    }
  }
  EXPECT_EQ(versions.size(), 13U) << "every GC version of gfx1010-1013 and gfx1030-1036";
}

}  // namespace
}  // namespace rocmfix
