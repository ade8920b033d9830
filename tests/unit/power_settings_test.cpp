// SPDX-License-Identifier: MIT
// A GPU's clocks, voltage and power limit, and the displays on it.
#include "machine/power_settings.hpp"

#include <gtest/gtest.h>

#include "machine/displays.hpp"
#include "temporary_tree.hpp"

namespace rocmfix::detail {
namespace {

using test::TemporaryTree;

constexpr const char* bdf = "0000:0b:00.0";
const std::string directory = "/sys/bus/pci/devices/0000:0b:00.0/";

void write_card(const TemporaryTree& tree, std::string_view status = "active") {
  tree.write(directory + "power/runtime_status", status);
  tree.write(directory + "hwmon/hwmon3/power1_cap", "220000000\n");
  tree.write(directory + "hwmon/hwmon3/power1_cap_default", "186000000\n");
  tree.write(directory + "power_dpm_force_performance_level", "manual\n");
  tree.write(directory + "pp_od_clk_voltage",
             "OD_SCLK:\n0: 500Mhz\n1: 2725Mhz\nOD_MCLK:\n0: 97Mhz\n1: 1000MHz\n"
             "OD_VDDGFX_OFFSET:\n-50mV\nOD_RANGE:\nSCLK:     500Mhz       3150Mhz\n");
}

TEST(PowerSettings, AreReadOfACardThatIsAwake) {
  const TemporaryTree tree;
  write_card(tree);
  const auto settings = read_power_settings(tree.root(), bdf);
  EXPECT_TRUE(settings.awake);
  EXPECT_EQ(settings.cap_microwatts, 220000000U);
  EXPECT_EQ(settings.default_cap_microwatts, 186000000U);
  EXPECT_EQ(settings.performance_level, "manual");
  EXPECT_EQ(settings.voltage_offset_mv, -50);
}

TEST(PowerSettings, AreNotReadOfOneThatSleeps) {
  const TemporaryTree tree;
  write_card(tree, "suspended\n");
  const auto settings = read_power_settings(tree.root(), bdf);
  EXPECT_FALSE(settings.awake);
  EXPECT_EQ(settings.cap_microwatts, std::nullopt);
  EXPECT_EQ(settings.performance_level, std::nullopt);
  EXPECT_EQ(settings.voltage_offset_mv, std::nullopt);
}

TEST(PowerSettings, OverdriveIsABitOfTheDriversParameter) {
  const TemporaryTree tree;
  const auto overdrive = [&] { return read_power_settings(tree.root(), bdf).overdrive; };
  EXPECT_EQ(overdrive(), std::nullopt);
  tree.write("/sys/module/amdgpu/parameters/ppfeaturemask", "0xfff7bfff\n");
  EXPECT_EQ(overdrive(), false);
  tree.write("/sys/module/amdgpu/parameters/ppfeaturemask", "0xffffffff\n");
  EXPECT_EQ(overdrive(), true);
}

TEST(PowerSettings, LactsAreThoseOfThisCard) {
  const TemporaryTree tree;
  tree.write("/etc/lact/config.yaml", R"(daemon:
  log_level: info
gpus:
  1002:731F-1DA2:E411-0000:03:00.0:
    power_cap: 150.0
  1002:73DF-1DA2:E445-0000:0b:00.0:
    fan_control_enabled: true
    # max_core_clock: 1
    max_memory_clock: 1100
    voltage_offset: -75
profiles:
  x:
    power_cap: 1
)");
  EXPECT_EQ(read_power_settings(tree.root(), bdf).lact,
            (std::vector<std::string>{"max_memory_clock: 1100", "voltage_offset: -75"}));
  EXPECT_EQ(read_power_settings(tree.root(), "0000:0c:00.0").lact, std::vector<std::string>());
}

TEST(Displays, AreTheConnectedOnesOfTheCard) {
  const TemporaryTree tree;
  EXPECT_EQ(connected_displays(tree.root(), bdf), std::nullopt);
  tree.write(directory + "drm/card1/card1-DP-1/status", "connected\n");
  tree.write(directory + "drm/card1/card1-DP-2/status", "disconnected\n");
  tree.write(directory + "drm/card1/card1-HDMI-A-1/status", "connected\n");
  tree.write(directory + "drm/card1/power/status", "connected\n");
  tree.write(directory + "drm/renderD129/dev", "226:129\n");
  EXPECT_EQ(connected_displays(tree.root(), bdf), (std::vector<std::string>{"DP-1", "HDMI-A-1"}));
}

}  // namespace
}  // namespace rocmfix::detail
