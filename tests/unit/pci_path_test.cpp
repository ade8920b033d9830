// SPDX-License-Identifier: MIT
// The PCIe links between a GPU and the CPU.
#include "machine/pci_path.hpp"

#include <gtest/gtest.h>

#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

using test::TemporaryTree;

// A function in /sys/devices, with its ends of a link as "8.0 GT/s PCIe" and a number of lanes.
struct Function {
  std::string path;
  std::string vendor = "0x1002";
  std::string pci_class = "0x060400";
  std::string most = "16.0 GT/s PCIe";
  std::string lanes = "16";
  std::string status = "active";
  std::string current_lanes = {};
};

void write(const TemporaryTree& tree, const Function& f) {
  const std::string directory = "/sys/devices/pci0000:00/" + f.path + "/";
  tree.write(directory + "vendor", f.vendor + "\n");
  tree.write(directory + "class", f.pci_class + "\n");
  tree.write(directory + "max_link_speed", f.most + "\n");
  tree.write(directory + "max_link_width", f.lanes + "\n");
  tree.write(directory + "current_link_speed", "2.5 GT/s PCIe\n");
  tree.write(directory + "current_link_width",
             (f.current_lanes.empty() ? f.lanes : f.current_lanes) + "\n");
  tree.write(directory + "power/runtime_status", f.status + "\n");
  const std::string bdf = f.path.substr(f.path.rfind('/') + 1);
  tree.link("/sys/bus/pci/devices/" + bdf, "../../../devices/pci0000:00/" + f.path);
}

constexpr const char* root_port = "0000:00:01.1";
constexpr const char* upstream = "0000:00:01.1/0000:01:00.0";
constexpr const char* downstream = "0000:00:01.1/0000:01:00.0/0000:02:00.0";
constexpr const char* gpu = "0000:00:01.1/0000:01:00.0/0000:02:00.0/0000:03:00.0";

TEST(PciPath, GoesFromTheRootPortThroughTheCardsSwitchToTheGpu) {
  const TemporaryTree tree;
  write(tree, {root_port, "0x1022"});
  write(tree, {upstream});
  write(tree, {downstream});
  write(tree, {gpu, "0x1002", "0x030000"});
  const auto path = read_pci_path(tree.root(), "0000:03:00.0");
  ASSERT_EQ(path.size(), 4U);
  EXPECT_EQ(path[0].bdf, "0000:00:01.1");
  EXPECT_FALSE(path[0].on_card);
  EXPECT_EQ(path[1].bdf, "0000:01:00.0");
  EXPECT_TRUE(path[1].on_card);
  EXPECT_TRUE(path[2].on_card);
  EXPECT_TRUE(path[3].on_card);
  EXPECT_EQ(path[3].most, (LinkRate{160, 16}));
  EXPECT_EQ(path[3].current, (LinkRate{25, 16}));
}

TEST(PciPath, ALinkCanDoWhatBothOfItsEndsCan) {
  const TemporaryTree tree;
  write(tree, {root_port, "0x8086", "0x060400", "8.0 GT/s PCIe", "4"});
  write(tree, {upstream, "0x1002", "0x060400", "16.0 GT/s PCIe", "16", "active", "4"});
  write(tree, {downstream});
  write(tree, {gpu, "0x1002", "0x030000"});
  const auto path = read_pci_path(tree.root(), "0000:03:00.0");
  const auto links = links_of(path);
  ASSERT_EQ(links.size(), 2U) << "a switch's own ports have no link between them";
  EXPECT_EQ(to_string(links[0].most), "8.0 GT/s x4");
  EXPECT_EQ(links[0].upper->bdf, "0000:00:01.1");
  EXPECT_EQ(links[0].current, (LinkRate{25, 4}));
  EXPECT_EQ(links[1].upper->bdf, "0000:02:00.0");
  EXPECT_EQ(to_string(links[1].most), "16.0 GT/s x16");
  EXPECT_LT(capacity(links[0].most), capacity(links[1].most));
}

TEST(PciPath, ABridgeOfTheBoardBelongsToNoCardThoughAmdMadeIt) {
  const TemporaryTree tree;
  write(tree, {"0000:00:01.1", "0x1002"});
  write(tree, {"0000:00:01.1/0000:01:00.0", "0x1b21"});
  write(tree, {"0000:00:01.1/0000:01:00.0/0000:02:00.0", "0x1002", "0x030000"});
  const auto path = read_pci_path(tree.root(), "0000:02:00.0");
  ASSERT_EQ(path.size(), 3U);
  EXPECT_FALSE(path[0].on_card);
  EXPECT_FALSE(path[1].on_card);
  EXPECT_TRUE(path[2].on_card);
}

TEST(PciPath, ASuspendedFunctionIsNotAsked) {
  for (const char* status : {"suspended", "suspending", "resuming", "error"}) {
    const TemporaryTree tree;
    write(tree, {root_port, "0x1022"});
    write(tree, {upstream, "0x1002", "0x030000", "16.0 GT/s PCIe", "16", status});
    const auto path = read_pci_path(tree.root(), "0000:01:00.0");
    ASSERT_EQ(path.size(), 2U);
    EXPECT_TRUE(path[0].most);
    EXPECT_FALSE(path[1].awake) << status;
    EXPECT_FALSE(path[1].most) << status;
    EXPECT_FALSE(path[1].current) << status;
    EXPECT_TRUE(links_of(path).empty());
  }
  const TemporaryTree tree;
  write(tree, {root_port, "0x1022", "0x060400", "8.0 GT/s PCIe", "8", "unsupported"});
  EXPECT_TRUE(read_pci_path(tree.root(), "0000:00:01.1").front().most)
      << "power management that is off puts nothing to sleep";
}

TEST(PciPath, ErrorsAreThoseThatTheKernelCounted) {
  const TemporaryTree tree;
  write(tree, {root_port, "0x1022"});
  const std::string directory = "/sys/devices/pci0000:00/0000:00:01.1/";
  tree.write(directory + "aer_dev_correctable", "RxErr 0\nBadTLP 12\nTOTAL_ERR_COR 12\n");
  tree.write(directory + "aer_dev_fatal", "Undefined 0\nTOTAL_ERR_FATAL 1\n");
  tree.write(directory + "aer_dev_nonfatal", "nothing of the kind\n");
  const PciPort port = read_pci_path(tree.root(), "0000:00:01.1").front();
  EXPECT_EQ(port.correctable_errors, 12U);
  EXPECT_EQ(port.fatal_errors, 1U);
  EXPECT_EQ(port.nonfatal_errors, std::nullopt);
}

TEST(PciPath, WhatIsNoSpeedIsUnknown) {
  for (const char* text : {"Unknown", "Unknown speed", "", "GT/s", "x GT/s PCIe", "8.0 MT/s",
                           "0 GT/s", "8.55 GT/s", "99999 GT/s PCIe"}) {
    const TemporaryTree tree;
    write(tree, {root_port, "0x1022", "0x060400", text});
    EXPECT_FALSE(read_pci_path(tree.root(), "0000:00:01.1").front().most) << text;
  }
  const TemporaryTree tree;
  write(tree, {root_port, "0x1022", "0x060400", "16 GT/s"});
  EXPECT_EQ(read_pci_path(tree.root(), "0000:00:01.1").front().most, (LinkRate{160, 16}));
  const TemporaryTree lanes;
  write(lanes, {root_port, "0x1022", "0x060400", "16 GT/s", "0"});
  EXPECT_FALSE(read_pci_path(lanes.root(), "0000:00:01.1").front().most) << "no link there";
}

TEST(PciPath, AGpuThatTheRootDoesNotHaveHasNone) {
  const TemporaryTree tree;
  EXPECT_TRUE(read_pci_path(tree.root(), "0000:03:00.0").empty());
}

TEST(PciPath, TwoFastLanesAreLikeFourOfHalfTheSpeed) {
  EXPECT_EQ(capacity({160, 2}), capacity({80, 4}));
  EXPECT_LT(capacity({50, 8}), capacity({80, 5})) << "8b/10b costs a fifth";
}

}  // namespace
}  // namespace rocmfix::detail
