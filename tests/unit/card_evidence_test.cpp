// SPDX-License-Identifier: MIT
// The checks of `rocmfix doctor` on the card and the machine: what they show for what they say, and
// what must not change a verdict.
#include <gtest/gtest.h>

#include "edited_root.hpp"

namespace rocmfix {
namespace {

using test::card;
using test::EditedRoot;
using test::node;

bool has(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

TEST(GpuPresentEvidence, IsTheLineAboutThisCardAlone) {
  EditedRoot gave_up("rx6600xt");
  gave_up.without_node().driver("").write(
      "/dev/kmsg",
      "3,1,10,-;amdgpu 0000:03:00.0: amdgpu: Fatal error during GPU init\n"
      "3,2,20,-;amdgpu 0000:03:00.0: amdgpu: finishing device.\n"
      "3,3,30,-;amdgpu 0000:0a:00.0: amdgpu: Fatal error during GPU init\n");
  const std::string text = gave_up.all("gpu-present");
  EXPECT_TRUE(has(text, "/dev/kmsg: amdgpu 0000:03:00.0: amdgpu: Fatal error during GPU init"))
      << text;
  EXPECT_FALSE(has(text, "finishing")) << text;
  EXPECT_FALSE(has(text, "0000:0a:00.0")) << text;
  EXPECT_FALSE(has(EditedRoot("rx6600xt").without_node().driver("").all("gpu-present"), "kmsg"));
}

TEST(GpuPresentEvidence, OfACardWithoutAtomicsIsTheLogAndTheFirmware) {
  EditedRoot left_out("rx6600xt");
  left_out.without_node().write(std::string(card) + "fw_version/mec_fw_version", "0x5b\n");
  const std::string without_log = left_out.all("gpu-present");
  EXPECT_TRUE(has(without_log, "mec_fw_version: 91 (without atomics 92 is needed)")) << without_log;
  EXPECT_FALSE(has(without_log, "kmsg"));
  left_out.write("/dev/kmsg",
                 "6,339,5140900,-;kfd kfd: amdgpu: skipped device 1002:73ff, PCI rejects atomics "
                 "91<92\n");
  EXPECT_TRUE(has(left_out.all("gpu-present"), "/dev/kmsg: kfd kfd: amdgpu: skipped device"));
  EditedRoot silent("rx6600xt");
  silent.without_node()
      .remove(std::string(card) + "fw_version")
      .write(
          "/dev/kmsg",
          "6,339,5140900,-;kfd kfd: amdgpu: skipped device 1002:73ff, PCI rejects atomics 91<92\n");
  EXPECT_FALSE(has(silent.all("gpu-present"), "mec_fw_version"));
}

TEST(GpuPresentEvidence, ALogLineDecidesWithNewFirmware) {
  EXPECT_TRUE(EditedRoot("rx6600xt")
                  .without_node()
                  .write("/dev/kmsg",
                         "6,339,5140900,-;kfd kfd: amdgpu: skipped device 1002:73ff, PCI rejects "
                         "atomics 104<145\n")("gpu-present")
                  .starts_with("problem: KFD leaves the card out"));
}

TEST(GpuPresent, AWordThatBeginsLikeNomodesetIsAnother) {
  const std::string line = EditedRoot("not-loaded")
                               .remove("/etc/modprobe.d/blacklist-amdgpu.conf")
                               .write("/proc/cmdline", "ro nomodeset=0\n")("gpu-present");
  EXPECT_FALSE(has(line, "nomodeset")) << line;
}

TEST(GpuPresent, AModuleThatIsLoadedIsThereWhateverTheFilesSay) {
  const std::string line =
      EditedRoot("rx6600xt").without_node().driver("").remove("/usr/lib/modules")("gpu-present");
  EXPECT_FALSE(has(line, "has no amdgpu module")) << line;
}

TEST(KfdAtomicsEvidence, IsTheFlagOfTheLink) {
  const std::string link = std::string(node) + "1/io_links/0/properties";
  EXPECT_TRUE(has(EditedRoot("rx6600xt").all("kfd-atomics"), "flags without NO_ATOMICS"));
  EXPECT_TRUE(has(EditedRoot("rx6600xt")
                      .write(link, "type 2\nnode_from 1\nnode_to 0\nflags 13\n")
                      .all("kfd-atomics"),
                  "flags with NO_ATOMICS"));
}

TEST(KfdAtomics, AnotherDriversCardHasNoFirmwareThatCounts) {
  EXPECT_EQ(EditedRoot("rx6600xt")
                .without_node()
                .driver("vfio-pci")
                .write(std::string(card) + "fw_version/mec_fw_version", "0x5b\n")("kfd-atomics"),
            "unknown: KFD does not have the card, and only its links tell");
}

TEST(FirmwareEvidence, IsWhatRunsWhatIsInstalledAndWhatIsNeeded) {
  const std::string text = EditedRoot("rx6600xt").all("firmware-version");
  EXPECT_TRUE(has(text, "fw_version/mec_fw_version: 104")) << text;
  EXPECT_TRUE(has(text, "dimgrey_cavefish_mec.bin: version 104")) << text;
  EXPECT_TRUE(has(text, "without PCIe atomics KFD needs 92")) << text;
  EXPECT_FALSE(has(text, "missing")) << text;
  const std::string missing =
      EditedRoot("rx6600xt").remove("/usr/lib/firmware").all("firmware-version");
  EXPECT_TRUE(has(missing, "dimgrey_cavefish_mec.bin: missing")) << missing;
  EXPECT_FALSE(has(missing, "version 104")) << missing;
  EXPECT_FALSE(has(EditedRoot("not-loaded").all("firmware-version"), "mec_fw_version"));
}

TEST(FirmwareVersion, ACardWithoutANodeAndWithNewFirmwareIsWell) {
  EXPECT_TRUE(EditedRoot("rx6600xt")
                  .without_node()("firmware-version")
                  .starts_with("ok: MEC firmware 104"));
}

TEST(FirmwareVersion, WhichOfTheTwoIsNewerIsSaid) {
  const std::string mec = std::string(card) + "fw_version/mec_fw_version";
  EXPECT_TRUE(has(EditedRoot("rx6600xt").write(mec, "0x60\n").all("firmware-version"),
                  "The newer one is loaded after"));
  EXPECT_TRUE(has(EditedRoot("rx6600xt").write(mec, "0x70\n").all("firmware-version"),
                  "The older one is loaded when"));
}

TEST(SeveralGpusEvidence, NamesEachWithItsNumber) {
  const std::string text = EditedRoot("rx6800-raphael").all("several-gpus");
  EXPECT_TRUE(has(text, "0: KFD node 1, AMD Radeon RX 6800 gfx1030\n")) << text;
  EXPECT_TRUE(has(text, "1: KFD node 2, Raphael gfx1036, on the CPU's die\n")) << text;
}

TEST(SuspendEvidence, IsTheCountersAndTheSupportedCards) {
  const std::string text = EditedRoot("rx6600xt").all("suspend");
  EXPECT_TRUE(has(text, "/sys/power/suspend_stats/success: 0")) << text;
  EXPECT_TRUE(has(text, "0000:03:00.0/power/runtime_status: active")) << text;
  EditedRoot none("rx6600xt");
  none.remove(std::string(card) + "power/runtime_status").remove("/sys/power/suspend_stats/fail");
  EXPECT_FALSE(has(none.all("suspend"), "runtime_status"));
  EXPECT_FALSE(has(none.all("suspend"), "suspend_stats/fail"));
}

TEST(ClocksEvidence, OverdriveIsNamedOnlyWhereItIsAllowed) {
  const std::string mask = "/sys/module/amdgpu/parameters/ppfeaturemask";
  EXPECT_FALSE(
      has(EditedRoot("rx6600xt").write(mask, "0xfff7bfff\n").all("clocks-power"), "overdrive"));
  EditedRoot allowed("rx6600xt");
  allowed.write(mask, "0xffffffff\n");
  EXPECT_TRUE(has(allowed.all("clocks-power"), "overdrive is allowed"));
  EXPECT_TRUE(allowed("clocks-power").starts_with("ok: ")) << "allowed is not used";
}

TEST(ClocksPower, OneOfTheTwoLimitsIsNoComparison) {
  const std::string hwmon = std::string(card) + "hwmon/hwmon2/";
  EXPECT_TRUE(EditedRoot("rx6600xt")
                  .write(hwmon + "power1_cap", "150000000\n")
                  .remove(hwmon + "power1_cap_default")("clocks-power")
                  .starts_with("ok: "));
  EXPECT_TRUE(EditedRoot("rx6600xt")
                  .remove(std::string(card) + "power_dpm_force_performance_level")("clocks-power")
                  .starts_with("ok: "));
}

TEST(VramEvidence, IsTheDisplaysAndBothNumbers) {
  const std::string used = std::string(card) + "mem_info_vram_used";
  EditedRoot desktop("rx6600xt");
  desktop.write(used, "3221225472\n")
      .write(std::string(card) + "drm/card0/card0-DP-1/status", "connected\n")
      .write(std::string(card) + "drm/card0/card0-HDMI-A-1/status", "disconnected\n");
  const std::string text = desktop.all("vram-headroom");
  EXPECT_TRUE(has(text, "DP-1 is connected")) << text;
  EXPECT_FALSE(has(text, "HDMI-A-1")) << text;
  EXPECT_TRUE(has(text, "mem_info_vram_used: 3221225472")) << text;
  EXPECT_TRUE(has(text, "A job has the other 5104 MiB. Close what draws")) << text;
  EXPECT_TRUE(has(EditedRoot("rx6600xt").write(used, "3221225472\n").all("vram-headroom"),
                  "Another program uses it"));
  EXPECT_TRUE(EditedRoot("rx6600xt").remove(used)("vram-headroom").starts_with("unknown: "));
  EXPECT_TRUE(EditedRoot("rx6600xt")
                  .remove(std::string(card) + "mem_info_vram_total")
                  .remove(std::string(node) + "1/mem_banks")("vram-headroom")
                  .starts_with("unknown: "));
}

TEST(RebarEvidence, IsTheBarAndTheMemory) {
  const std::string text = EditedRoot("rx5600xt").all("rebar");
  EXPECT_TRUE(has(text, "BAR 0 has 256 MiB")) << text;
  EXPECT_TRUE(has(text, "mem_info_vram_total: 6128 MiB")) << text;
}

constexpr const char* slot = "/sys/bus/pci/devices/0000:00:01.1/";

TEST(PcieLinkEvidence, NamesWhatIsUsedOnlyWhereItIsLess) {
  EXPECT_FALSE(has(EditedRoot("rx6600xt").all("pcie-link"), "lanes are in use"));
  const std::string fewer =
      EditedRoot("rx6600xt")
          .write("/sys/bus/pci/devices/0000:01:00.0/current_link_width", "4\n")
          .all("pcie-link");
  EXPECT_TRUE(has(fewer, "x4")) << fewer;
  EXPECT_FALSE(has(EditedRoot("rx6600xt").all("pcie-link"), "x4"));
}

TEST(PcieLink, ErrorsThatWereNotFatalAreANoteWithARemedy) {
  const std::string nonfatal = std::string(slot) + "aer_dev_nonfatal";
  EditedRoot errors("rx6600xt");
  errors.write(nonfatal, "TOTAL_ERR_NONFATAL 1\n");
  EXPECT_EQ(errors("pcie-link"), "note: 16.0 GT/s x8; the link has had errors");
  EXPECT_TRUE(has(errors.all("pcie-link"), "\nErrors come from a bad contact"));
  errors.write(std::string(slot) + "max_link_width", "1\n");
  const std::string both = errors.all("pcie-link");
  EXPECT_TRUE(has(both, "more lanes. Errors come from")) << both;
  EXPECT_TRUE(EditedRoot("rx6600xt")
                  .write(nonfatal, "TOTAL_ERR_NONFATAL 0\n")("pcie-link")
                  .starts_with("ok: "));
}

TEST(IommuEvidence, IsTheTypeAndTheKernelsOptions) {
  const std::string text =
      EditedRoot("rx6600xt")
          .write("/proc/cmdline",
                 "ro iommu=pt amd_iommu=on intel_iommu=off iommu.passthrough=1 iommu.strict=0\n")
          .all("iommu");
  for (const char* const option :
       {"iommu=pt", "amd_iommu=on", "intel_iommu=off", "iommu.passthrough=1"}) {
    EXPECT_TRUE(has(text, std::string("/proc/cmdline: ") + option)) << text;
  }
  EXPECT_FALSE(has(text, "strict")) << text;
  EXPECT_TRUE(has(text, "iommu_group/type: DMA")) << text;
}

TEST(Iommu, GraphicsOnTheCpusDieAreNoSecondCard) {
  EditedRoot with_apu("rx6800-raphael");
  with_apu.write(std::string(card) + "iommu_group/type", "DMA\n");
  EXPECT_TRUE(with_apu("iommu").starts_with("ok: an IOMMU translates the GPU's"))
      << with_apu("iommu");
}

TEST(KernelKnownBad, ThePackageIsNamedOnlyWhereItIsAnother) {
  const std::string line =
      EditedRoot("rx6700xt")
          .write("/proc/sys/kernel/osrelease", "6.12.90-300.fc43.x86_64\n")
          .write("/proc/version",
                 "Linux version 6.12.90-300.fc43.x86_64 (m@k) #1 SMP\n")("kernel-known-bad");
  EXPECT_EQ(line, "ok: no trouble is known of kernel 6.12.90-300.fc43.x86_64");
}

TEST(KernelKnownBad, AnAdministratorsTableThatCannotBeReadIsReported) {
  const std::string lines =
      EditedRoot("rx6700xt").write("/etc/rocmfix/kernels.toml", "[[kernel]]\n")("kernel-known-bad");
  EXPECT_TRUE(lines.starts_with("warning: ")) << lines;
  EXPECT_TRUE(has(lines, "\nok: no trouble is known")) << lines;
}

TEST(Configuration, WhatCouldNotBeReadIsUnknownWithACommand) {
  EditedRoot looped("rx6600xt");
  looped.remove("/usr/lib/modules");
  std::filesystem::create_symlink("modules", looped.at("/usr/lib/modules"));
  const std::string lines = looped("configuration");
  EXPECT_TRUE(lines.starts_with("unknown: some files could not be read")) << lines;
  EXPECT_TRUE(has(lines, "$ sudo rocmfix doctor")) << lines;
}

TEST(CardChecks, HaveTheSourceOfWhatTheyClaim) {
  const std::string mec = std::string(card) + "fw_version/mec_fw_version";
  const auto source = [](const EditedRoot& root, const char* check) {
    const std::string only[] = {check};
    const auto examination = examine(root.root(), {}, only);
    return examination && !examination->results.empty()
               ? examination->results.front().finding.source
               : std::string("none");
  };
  EditedRoot old("rx6600xt");
  old.without_node().write(mec, "0x5b\n");
  for (const char* const check : {"gpu-present", "kfd-atomics", "firmware-version"}) {
    EXPECT_TRUE(has(source(old, check), "kfd")) << check << ": " << source(old, check);
  }
  EditedRoot missing("rx6600xt");
  missing.remove("/usr/lib/firmware");
  EXPECT_NE(source(missing, "firmware-version"), "");
}

}  // namespace
}  // namespace rocmfix
