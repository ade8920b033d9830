// SPDX-License-Identifier: MIT
// The checks of `rocmfix doctor` on the card, its firmware, its slot and the kernel: each on a
// synthetic root that has the fault, on one that has not, and where it cannot be known.
#include <gtest/gtest.h>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

#include "edited_root.hpp"

namespace rocmfix {
namespace {

using test::card;
using test::EditedRoot;
using test::node;

constexpr const char* log_command = " $ sudo dmesg | grep -iE 'amdgpu|kfd'";

TEST(GpuPresent, ACardWithItsNodeIsWell) {
  EXPECT_EQ(EditedRoot("rx6600xt")("gpu-present"), "ok: KFD node 1, gfx1032");
}

TEST(GpuPresent, AnotherDriverHoldsTheCard) {
  EXPECT_EQ(EditedRoot("rx6600xt").without_node().driver("vfio-pci")("gpu-present"),
            "problem: vfio-pci holds the card, so amdgpu cannot $ grep -rE 'vfio|pci-stub|pciback' "
            "/etc/modprobe.d /proc/cmdline");
  EXPECT_EQ(EditedRoot("rx6600xt").without_node().driver("other")("gpu-present"),
            std::string("problem: other holds the card, so amdgpu cannot") + log_command);
}

TEST(GpuPresent, AmdgpuIsKeptFromLoading) {
  EXPECT_EQ(EditedRoot("not-loaded")("gpu-present"),
            "problem: amdgpu is not loaded: `blacklist amdgpu` in "
            "/etc/modprobe.d/blacklist-amdgpu.conf:1 $ sudoedit "
            "/etc/modprobe.d/blacklist-amdgpu.conf");
  EXPECT_EQ(EditedRoot("not-loaded")
                .remove("/etc/modprobe.d/blacklist-amdgpu.conf")
                .write("/proc/cmdline", "ro quiet nomodeset\n")("gpu-present"),
            "problem: `nomodeset` on the kernel command line keeps amdgpu from starting $ sudoedit "
            "/etc/default/grub");
  EXPECT_EQ(EditedRoot("not-loaded")
                .remove("/etc/modprobe.d/blacklist-amdgpu.conf")
                .write("/proc/cmdline", "ro module_blacklist=amdgpu\n")("gpu-present"),
            "problem: amdgpu is not loaded: `module_blacklist=amdgpu` on the kernel command line $ "
            "sudoedit /etc/default/grub");
  EXPECT_EQ(EditedRoot("not-loaded").remove("/etc/modprobe.d/blacklist-amdgpu.conf")("gpu-present"),
            "problem: amdgpu is installed and not loaded $ sudo modprobe amdgpu");
}

TEST(GpuPresent, TheKernelHasNoAmdgpu) {
  EXPECT_EQ(EditedRoot("not-loaded").remove("/usr/lib/modules")("gpu-present"),
            "problem: kernel 6.1.0-56-amd64 has no amdgpu module");
  EXPECT_EQ(EditedRoot("not-loaded")
                .remove("/usr/lib/modules")
                .write("/proc/sys/kernel/osrelease", "6.1.0-56-cloud-amd64\n")("gpu-present"),
            "problem: kernel 6.1.0-56-cloud-amd64 has no amdgpu module $ sudo apt install "
            "linux-image-amd64");
  EXPECT_EQ(EditedRoot("not-loaded")
                .remove("/usr/lib/modules")
                .write("/proc/sys/kernel/osrelease", "7.0.0-28-generic\n")("gpu-present"),
            "problem: kernel 7.0.0-28-generic has no amdgpu module $ sudo apt install "
            "linux-modules-extra-7.0.0-28-generic");
}

TEST(GpuPresent, TheCardsFirmwareIsMissing) {
  EXPECT_EQ(
      EditedRoot("rx6600xt").without_node().driver("").remove("/usr/lib/firmware")("gpu-present"),
      "problem: the card's firmware amdgpu/dimgrey_cavefish_mec.bin is not installed $ sudo "
      "apt install ./firmware-amd-graphics_*_all.deb");
}

TEST(GpuPresent, AmdgpuGaveUpTheCard) {
  EXPECT_EQ(EditedRoot("rx6600xt").without_node().driver("")("gpu-present"),
            std::string("problem: no driver drives the card") + log_command);
}

TEST(GpuPresent, TheKernelHasNoKfd) {
  EXPECT_EQ(EditedRoot("rx6600xt").remove("/sys/devices/virtual/kfd")("gpu-present"),
            "problem: the kernel has no KFD, which HIP needs");
}

TEST(GpuPresent, KfdLeavesOutACardWithoutAtomicsAndOldFirmware) {
  const std::string mec = std::string(card) + "fw_version/mec_fw_version";
  EXPECT_EQ(EditedRoot("rx6600xt").without_node().write(mec, "0x0000005b\n")("gpu-present"),
            "problem: KFD does not have the card, probably for want of PCIe atomics $ sudo "
            "update-initramfs -u -k all")
      << "the installed file is new enough";
  EXPECT_EQ(EditedRoot("rx6600xt")
                .without_node()
                .write(mec, "0x0000005b\n")
                .write("/dev/kmsg",
                       "6,339,5140900,-;kfd kfd: amdgpu: skipped device 1002:73ff, PCI rejects "
                       "atomics 91<92\n")("gpu-present"),
            "problem: KFD leaves the card out: its slot does not forward PCIe atomics $ sudo "
            "update-initramfs -u -k all");
  EXPECT_EQ(
      EditedRoot("rx6600xt")
          .without_node()
          .write("/dev/kmsg",
                 "6,339,5140900,-;kfd kfd: amdgpu: skipped device 1002:7341, PCI rejects "
                 "atomics 91<92\n")("gpu-present"),
      std::string("problem: KFD does not have the card, so HIP does not see it") + log_command)
      << "the line is about another card";
}

TEST(KfdAtomics, AreAFlagOfTheNodesLink) {
  const std::string link = std::string(node) + "1/io_links/0/properties";
  EXPECT_EQ(EditedRoot("rx6600xt")("kfd-atomics"), "ok: the slot forwards PCIe atomics");
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write(link, "type 2\nnode_from 1\nnode_to 0\nflags 13\n")("kfd-atomics"),
            "note: the slot does not forward PCIe atomics");
  EXPECT_EQ(EditedRoot("rx6600xt").remove(link)("kfd-atomics"),
            "unknown: KFD does not describe the card's link to the CPU");
}

TEST(KfdAtomics, WithoutANodeTheFirmwareTells) {
  const std::string mec = std::string(card) + "fw_version/mec_fw_version";
  EXPECT_EQ(EditedRoot("rx6600xt").without_node()("kfd-atomics"),
            "unknown: KFD does not have the card, and only its links tell");
  EXPECT_EQ(EditedRoot("rx6600xt").without_node().write(mec, "0x5b\n")("kfd-atomics"),
            "problem: KFD has no such GPU: its MEC firmware 91 needs PCIe atomics $ sudo "
            "update-initramfs -u -k all");
}

TEST(KfdAtomics, AreNoQuestionOnTheCpusDie) {
  EXPECT_EQ(EditedRoot("rx6800-raphael")("kfd-atomics"), "ok: the slot forwards PCIe atomics");
}

// The workstation card of which Debian's firmware is too old, in a slot without atomics.
class W5500 : public EditedRoot {
 public:
  W5500() : EditedRoot("rx5500xt") {
    write(std::string(card) + "device", "0x7341\n");
    write(std::string(card) + "revision", "0x00\n");
    write(std::string(card) + "fw_version/mec_fw_version", "0x0000007b\n");
    without_node();
  }
};

std::string firmware_of_version(std::uint8_t version) {
  std::string image(64, '\0');
  image[0] = 64;
  image[4] = 44;
  image[16] = static_cast<char>(version);
  return image;
}

TEST(FirmwareVersion, TheLoadedOneIsTheInstalledOne) {
  EXPECT_EQ(EditedRoot("rx6600xt")("firmware-version"),
            "ok: MEC firmware 104, as in /lib/firmware/amdgpu/dimgrey_cavefish_mec.bin");
}

TEST(FirmwareVersion, ACardWithANodeNeedsNoNewer) {
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write(std::string(card) + "fw_version/mec_fw_version", "0x01\n")
                .write("/lib/firmware/amdgpu/dimgrey_cavefish_mec.bin",
                       firmware_of_version(1))("firmware-version"),
            "ok: MEC firmware 1, as in /lib/firmware/amdgpu/dimgrey_cavefish_mec.bin");
}

TEST(FirmwareVersion, AnotherThanTheInstalledOneIsLoaded) {
  const std::string mec = std::string(card) + "fw_version/mec_fw_version";
  EXPECT_EQ(EditedRoot("rx6600xt").write(mec, "0x60\n")("firmware-version"),
            "note: MEC firmware 96 runs, and 104 is installed $ sudo update-initramfs -u -k all");
  EXPECT_EQ(EditedRoot("rx6600xt").write(mec, "0x70\n")("firmware-version"),
            "note: MEC firmware 112 runs, and 104 is installed");
}

TEST(FirmwareVersion, AWorkstationCardHasAFileOfItsOwn) {
  EXPECT_EQ(W5500()("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics $ sudo apt "
            "install ./firmware-amd-graphics_*_all.deb");
  W5500 debian13;
  debian13.write("/etc/os-release", "ID=debian\nVERSION_ID=\"13\"\n");
  EXPECT_EQ(debian13("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics $ sudo apt "
            "install -t trixie-backports firmware-amd-graphics");
  W5500 arch;
  arch.write("/etc/os-release", "ID=arch\n");
  EXPECT_EQ(arch("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics $ sudo pacman "
            "-Syu linux-firmware-amdgpu");
  W5500 ubuntu;
  ubuntu.write("/etc/os-release", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n");
  EXPECT_EQ(ubuntu("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics $ sudo apt "
            "update && sudo apt install linux-firmware");
  W5500 alpine;
  alpine.write("/etc/os-release", "ID=alpine\n");
  EXPECT_EQ(alpine("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics");
  W5500 ours;
  ours.write("/etc/os-release", "ID=fedora\n");
  ours.write("/etc/rocmfix/firmware.toml",
             "[[package]]\nname = \"o\"\nremedy = \"ask\"\nsource = \"us\"\n");
  EXPECT_EQ(ours("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics $ sudo dnf "
            "upgrade --refresh");
  W5500 rebuild;
  rebuild.write("/lib/firmware/amdgpu/navi14_mec_wks.bin", firmware_of_version(157));
  EXPECT_EQ(rebuild("firmware-version"),
            "problem: MEC firmware 123 is too old for a slot without PCIe atomics $ sudo "
            "update-initramfs -u -k all")
      << "the newer one is installed already";
}

TEST(FirmwareVersion, TheFileIsDamagedOrMissing) {
  EXPECT_EQ(EditedRoot("rx6600xt").remove("/usr/lib/firmware")("firmware-version"),
            "note: MEC firmware 104 runs, and amdgpu/dimgrey_cavefish_mec.bin is not installed");
  EXPECT_EQ(EditedRoot("rx6600xt")
                .remove("/usr/lib/firmware")
                .remove(std::string(card) + "fw_version")("firmware-version"),
            "note: amdgpu/dimgrey_cavefish_mec.bin is not in the kernel's folders, although the "
            "card runs");
  EXPECT_EQ(EditedRoot("not-loaded").remove("/usr/lib/firmware")("firmware-version"),
            "problem: the card's firmware amdgpu/dimgrey_cavefish_mec.bin is not installed $ sudo "
            "apt install ./firmware-amd-graphics_*_all.deb");
  const std::string damaged =
      EditedRoot("rx6600xt")
          .write("/lib/firmware/amdgpu/dimgrey_cavefish_mec.bin", "short")("firmware-version");
  EXPECT_TRUE(damaged.starts_with("problem: ")) << damaged;
  EXPECT_TRUE(damaged.find("not the firmware of a GPU, or truncated") != std::string::npos);
}

TEST(FirmwareVersion, WhatTheDriverDoesNotSayIsUnknown) {
  EXPECT_EQ(EditedRoot("not-loaded")("firmware-version"),
            "unknown: the driver does not say which firmware runs; 104 is installed");
}

TEST(FirmwareVersion, AnAdministratorsTableThatCannotBeReadIsReported) {
  const std::string lines =
      EditedRoot("rx6600xt").write("/etc/rocmfix/firmware.toml", "[[file]]\n")("firmware-version");
  EXPECT_TRUE(lines.starts_with("ok: MEC firmware 104")) << lines;
  EXPECT_TRUE(lines.find("\nwarning: ") != std::string::npos) << lines;
}

constexpr const char* bad_kernel =
    "Linux version 6.12.115+deb13-amd64 (debian-kernel@lists.debian.org) (gcc-14 (Debian "
    "14.2.0-19) 14.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.12.115-1 (2026-10-02)\n";

TEST(KernelKnownBad, ARangeHasAWarningWithTheUpdate) {
  EXPECT_EQ(EditedRoot("rx6700xt")("kernel-known-bad"),
            "ok: no trouble is known of kernel 6.12.117+deb13-amd64 (debian 6.12.117-1)");
  EXPECT_EQ(
      EditedRoot("rx6700xt")
          .write("/proc/sys/kernel/osrelease", "6.12.115+deb13-amd64\n")
          .write("/proc/version", bad_kernel)("kernel-known-bad"),
      "warning: kernel 6.12.115+deb13-amd64 (debian 6.12.115-1): mapping pinned host memory "
      "can spin in the kernel for seconds and then fail with EAGAIN $ sudo apt update && sudo "
      "apt full-upgrade");
  EXPECT_EQ(EditedRoot("rx6700xt")
                .write("/proc/sys/kernel/osrelease", "6.12.115-1-lts\n")
                .write("/proc/version", "Linux version 6.12.115-1-lts (linux-lts@archlinux) #1\n")
                .write("/etc/os-release", "ID=arch\n")("kernel-known-bad"),
            "warning: kernel 6.12.115-1-lts: mapping pinned host memory can spin in the kernel for "
            "seconds and then fail with EAGAIN $ sudo pacman -Syu");
}

TEST(KernelKnownBad, WhatUsersReportedIsANote) {
  const std::string line =
      EditedRoot("rx6700xt")
          .write("/proc/sys/kernel/osrelease", "6.17.7-300.fc43.x86_64\n")
          .write("/proc/version",
                 "Linux version 6.17.7-300.fc43.x86_64 (m@k) #1 SMP\n")("kernel-known-bad");
  EXPECT_TRUE(line.starts_with("note: kernel 6.17.7-300.fc43.x86_64: programs were reported"))
      << line;
}

TEST(KernelKnownBad, AMachineThatDoesNotSayIsUnknown) {
  const std::string line = EditedRoot("rx6700xt")
                               .remove("/proc/version")
                               .remove("/proc/sys/kernel/osrelease")
                               .remove("/usr/lib/modules")("kernel-known-bad");
  EXPECT_TRUE(line.starts_with("unknown: ")) << line;
}

TEST(SeveralGpus, TheOneOnTheCpusDieComesFirst) {
  EditedRoot swapped("rx6800-raphael");
  // ROCr counts by the nodes: give the card the higher number.
  const auto properties = [](const char* location, const char* target) {
    return std::string("simd_count 4\nvendor_id 4098\ndomain 0\nlocation_id ") + location +
           "\ngfx_target_version " + target + "\n";
  };
  swapped.write(std::string(node) + "1/properties", properties("3584", "100306"))
      .write(std::string(node) + "2/properties", properties("768", "100300"));
  EXPECT_EQ(
      swapped("several-gpus"),
      "warning: a program that does not choose gets Raphael, on the CPU's die, not AMD Radeon "
      "RX 6800 $ export ROCR_VISIBLE_DEVICES=1");
  EXPECT_EQ(swapped("several-gpus", {{"ROCR_VISIBLE_DEVICES", "1"}}),
            "ok: several GPUs, of which programs see one");
  EXPECT_EQ(swapped("several-gpus", {{"HIP_VISIBLE_DEVICES", "1,0"}}),
            "note: programs see 2 GPUs of different targets $ export ROCR_VISIBLE_DEVICES=1");
}

TEST(SeveralGpus, OneIsWellAndDifferentTargetsAreANote) {
  EXPECT_EQ(EditedRoot("rx6600xt")("several-gpus"), "ok: one GPU");
  EXPECT_EQ(EditedRoot("rx6800-raphael")("several-gpus"),
            "note: programs see 2 GPUs of different targets $ export ROCR_VISIBLE_DEVICES=0");
  EXPECT_EQ(EditedRoot("not-loaded")("several-gpus"), "unknown: KFD has no GPU");
}

TEST(VramHeadroom, ADesktopThatTakesAQuarterIsANote) {
  const std::string used = std::string(card) + "mem_info_vram_used";
  EXPECT_EQ(EditedRoot("rx6600xt")("vram-headroom"), "ok: 25 of 8176 MiB are in use");
  EXPECT_EQ(EditedRoot("rx6600xt").write(used, "3221225472\n")("vram-headroom"),
            "note: 3072 of 8176 MiB are in use $ sudo fuser -v /dev/kfd /dev/dri/renderD*");
  EXPECT_EQ(
      EditedRoot("rx6600xt")
          .write(used, "3221225472\n")
          .write(std::string(card) + "drm/card0/card0-DP-1/status", "connected\n")("vram-headroom"),
      "note: 3072 of 8176 MiB are in use, with a display on the card");
  EXPECT_EQ(EditedRoot("rx6600xt").write(used, "99999999999999\n")("vram-headroom"),
            "unknown: the driver does not say how much memory is in use");
}

TEST(Suspend, IsCountedSinceBoot) {
  const std::string stats = "/sys/power/suspend_stats/";
  EXPECT_EQ(EditedRoot("rx6600xt")("suspend"), "ok: the machine was not suspended since it booted");
  EXPECT_EQ(EditedRoot("rx6600xt").write(stats + "success", "1\n")("suspend"),
            "note: the machine was suspended once since it booted");
  EXPECT_EQ(EditedRoot("rx6600xt").write(stats + "success", "12\n")("suspend"),
            "note: the machine was suspended 12 times since it booted");
  EXPECT_EQ(EditedRoot("rx6600xt").write(stats + "fail", "2\n")("suspend"),
            "note: suspending failed since the machine booted");
  EXPECT_EQ(EditedRoot("rx6600xt").remove(stats)("suspend"),
            "unknown: the kernel does not say how often it was suspended");
}

TEST(ClocksPower, WhatSomebodyChangedIsANote) {
  const std::string hwmon = std::string(card) + "hwmon/hwmon2/";
  EXPECT_EQ(EditedRoot("rx6600xt")("clocks-power"),
            "ok: as the maker set them, as far as the driver says");
  EXPECT_EQ(EditedRoot("rx6600xt").write(hwmon + "power1_cap", "150000000\n")("clocks-power"),
            "note: the power limit is 150 W instead of 130 W");
  EXPECT_EQ(EditedRoot("rx6600xt").write(hwmon + "power1_cap", "100000000\n")("clocks-power"),
            "ok: as the maker set them, as far as the driver says")
      << "less power is no overclocking";
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write(std::string(card) + "pp_od_clk_voltage", "OD_VDDGFX_OFFSET:\n-75mV\n")
                .write(std::string(card) + "power_dpm_force_performance_level",
                       "manual\n")("clocks-power"),
            "note: the voltage is changed by -75 mV; the clocks are set by hand");
}

TEST(ClocksPower, ACardThatSleepsIsUnknownUnlessLactSays) {
  EXPECT_EQ(EditedRoot("suspended")("clocks-power"),
            "unknown: the card is asleep, and asking would wake it");
  EXPECT_EQ(EditedRoot("suspended")
                .write("/etc/lact/config.yaml",
                       "gpus:\n  1002:73FF-1462:1313-0000:03:00.0:\n    max_memory_clock: 1100\n")(
                    "clocks-power"),
            "note: LACT is set up to change the card");
  EXPECT_EQ(EditedRoot("not-loaded")("clocks-power"), "unknown: the driver does not say");
}

// What makes the kernel wake a card (gpu.cpp has the list), in Linux 6.1.
TEST(MachineChecks, NoneWakesACardThatSleeps) {
  const std::array waking = {"config",
                             "current_link_speed",
                             "current_link_width",
                             "max_link_speed",
                             "max_link_width",
                             "pp_od_clk_voltage",
                             "pp_dpm_sclk",
                             "gpu_busy_percent",
                             "power_dpm_force_performance_level",
                             "hwmon/hwmon2/power1_cap",
                             "hwmon/hwmon2/power1_cap_default",
                             "resource0_resize"};
  EditedRoot root("suspended");
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ASSERT_GE(watch, 0);
  for (const char* const name : waking) {
    root.write(std::string(card) + name, "0\n");
    ASSERT_GE(
        ::inotify_add_watch(watch, root.at(std::string(card) + name).c_str(), IN_OPEN | IN_ACCESS),
        0)
        << name;
  }
  const auto examination = examine(root.root(), {});
  ASSERT_TRUE(examination);
  EXPECT_EQ(examination->checked, check_texts().size());
  std::array<char, 4096> events{};
  EXPECT_LT(::read(watch, events.data(), events.size()), 0) << "a file that wakes it was read";
  (void)root.root().read(std::string(card) + "config");
  EXPECT_GT(::read(watch, events.data(), events.size()), 0) << "the watch sees nothing";
  ::close(watch);
}

constexpr const char* slot = "/sys/bus/pci/devices/0000:00:01.1/";

TEST(PcieLink, AnX8CardInAnX16SlotIsWell) {
  EXPECT_EQ(EditedRoot("rx6600xt")("pcie-link"), "ok: 16.0 GT/s x8");
}

TEST(PcieLink, ASlotThatIsSlowerThanTheCardIsANote) {
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write(std::string(slot) + "max_link_width", "1\n")
                .write("/sys/bus/pci/devices/0000:01:00.0/current_link_width", "1\n")("pcie-link"),
            "note: 16.0 GT/s x1, though the card can do 16.0 GT/s x8");
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write(std::string(slot) + "max_link_speed", "8.0 GT/s PCIe\n")("pcie-link"),
            "note: 8.0 GT/s x8, though the card can do 16.0 GT/s x8");
}

TEST(PcieLink, LanesThatAreNotUsedAreANote) {
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write("/sys/bus/pci/devices/0000:01:00.0/current_link_width", "4\n")("pcie-link"),
            "note: 16.0 GT/s x8; 4 of 8 lanes are in use");
}

TEST(PcieLink, ErrorsThatTheKernelCountedCount) {
  EXPECT_EQ(EditedRoot("rx6600xt")
                .write(std::string(slot) + "aer_dev_fatal", "TOTAL_ERR_FATAL 2\n")("pcie-link"),
            "warning: 16.0 GT/s x8; the link has had fatal errors");
  EXPECT_EQ(
      EditedRoot("rx6600xt")
          .write(std::string(slot) + "aer_dev_correctable", "TOTAL_ERR_COR 999\n")("pcie-link"),
      "ok: 16.0 GT/s x8");
  EXPECT_EQ(
      EditedRoot("rx6600xt")
          .write(std::string(slot) + "aer_dev_correctable", "TOTAL_ERR_COR 1000\n")("pcie-link"),
      "note: 16.0 GT/s x8; the link has had errors");
}

TEST(PcieLink, ACardThatSleepsIsUnknown) {
  EXPECT_EQ(EditedRoot("suspended")("pcie-link"),
            "unknown: 0000:03:00.0 is asleep, and asking would wake it");
  EXPECT_EQ(EditedRoot("rx6600xt")
                .remove(std::string(slot) + "max_link_speed")
                .remove(std::string(card) + "max_link_speed")("pcie-link"),
            "unknown: the speed of the card's links is not to be read here");
}

TEST(Rebar, ASmallBarIsANote) {
  EXPECT_EQ(EditedRoot("rx6600xt")("rebar"), "ok: the CPU reaches all of the card's memory");
  EXPECT_EQ(EditedRoot("rx5600xt")("rebar"), "note: the CPU reaches 256 MiB of the card's memory");
  EXPECT_EQ(EditedRoot("not-loaded")("rebar"),
            "unknown: the size of the card's memory or of its BAR is not known");
}

TEST(Iommu, IsOfNoInterestForOneCard) {
  EXPECT_EQ(EditedRoot("rx6600xt")("iommu"),
            "ok: an IOMMU translates the GPU's accesses, as most distributions set it up");
  EXPECT_EQ(
      EditedRoot("rx6600xt").write(std::string(card) + "iommu_group/type", "identity\n")("iommu"),
      "ok: no IOMMU translates the GPUs' accesses");
  EXPECT_EQ(EditedRoot("rx6600xt").remove(std::string(card) + "iommu_group")("iommu"),
            "ok: no IOMMU translates the GPUs' accesses");
  EXPECT_EQ(EditedRoot("rx6600xt").remove("/sys/kernel/iommu_groups/14/type")("iommu"),
            "unknown: whether an IOMMU is in use is not to be read here");
}

TEST(Iommu, TranslationForSeveralCardsIsANote) {
  EditedRoot two("rx6600xt");
  two.write(std::string(node) + "2/properties",
            "simd_count 4\nvendor_id 4098\ndevice_id 29695\ndomain 0\nlocation_id 1792\n"
            "gfx_target_version 100302\n");
  const std::string second = "/sys/bus/pci/devices/0000:07:00.0/";
  two.write(second + "vendor", "0x1002\n")
      .write(second + "device", "0x73ff\n")
      .write(second + "class", "0x030000\n")
      .write(second + "iommu_group/type", "DMA\n");
  EXPECT_EQ(two("iommu"),
            "note: an IOMMU translates the accesses of 2 GPUs $ sudoedit /etc/default/grub");
  EXPECT_EQ(two("several-gpus"), "ok: programs see 2 GPUs of the same target");
}

}  // namespace
}  // namespace rocmfix
