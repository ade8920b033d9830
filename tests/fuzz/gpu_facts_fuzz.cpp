// SPDX-License-Identifier: MIT
// libFuzzer target: any bytes as what `rocmfix doctor` reads of a card and of the kernel. The first
// byte says whether they are a file of firmware, packed or not, or the text files, parted by NUL.
// Besides what the sanitizers find it holds that what was found is within its bounds, and is the
// same again.
#include <array>
#include <filesystem>

#include "fuzzing.hpp"
#include "machine/firmware.hpp"
#include "machine/kfd_topology.hpp"
#include "machine/pci_path.hpp"
#include "machine/power_settings.hpp"
#include "rocmfix/known_kernels.hpp"

using namespace rocmfix;
using fuzz::require;

namespace {

constexpr const char* bdf = "0000:03:00.0";
constexpr std::string_view firmware = "/lib/firmware/amdgpu/navi10_mec.bin";
const std::string port = "/sys/devices/pci0000:00/0000:00:01.0/";
const std::string function = port + "0000:03:00.0/";
const std::array<std::string, 16> files = {
    "/sys/devices/virtual/kfd/kfd/topology/nodes/1/io_links/0/properties",
    port + "max_link_speed",
    port + "max_link_width",
    function + "max_link_speed",
    function + "max_link_width",
    function + "current_link_speed",
    function + "current_link_width",
    function + "aer_dev_fatal",
    function + "fw_version/mec_fw_version",
    function + "pp_od_clk_voltage",
    function + "hwmon/hwmon0/power1_cap",
    "/etc/lact/config.yaml",
    "/proc/version",
    "/proc/version_signature",
    "/proc/sys/kernel/osrelease",
    function + "power/runtime_status"};

void check_firmware(const Root& root) {
  const auto path = detail::find_firmware(root, "amdgpu/navi10_mec.bin", "6.1.0");
  require(path == firmware, "a file that is there");
  const auto first = detail::read_firmware_version(root, *path);
  const auto second = detail::read_firmware_version(root, *path);
  require(first.has_value() == second.has_value(), "the same bytes, another outcome");
  require(first ? *first == *second : !first.error().what.empty(), "the version, or words");
}

void check_texts(const Root& root) {
  (void)detail::has_pcie_atomics(root, 1);
  (void)detail::read_loaded_mec(root, "/sys/bus/pci/devices/0000:03:00.0");
  const auto path = detail::read_pci_path(root, bdf);
  require(path.size() == 2, "the bridge and the card");
  for (const auto& link : detail::links_of(path)) {
    require(link.most.speed > 0 && link.most.lanes > 0 && link.most.lanes <= 32, "a link's rate");
    require(detail::capacity(link.most) > 0, "a link's capacity");
  }
  const auto settings = detail::read_power_settings(root, bdf);
  require(settings.awake || !settings.voltage_offset_mv, "a card that sleeps was asked");
  for (const std::string& line : settings.lact) {
    require(line.find('\n') == std::string::npos, "a line");
  }
  if (const auto kernel = read_running_kernel(root)) {
    const KnownKernels known = KnownKernels::built_in();
    require(known.find(*kernel, "gfx1031").size() <= known.entries().size(), "an entry twice");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Machine machine;
  static const bool linked = [] {
    const auto devices = machine.root().dir() / "sys/bus/pci/devices";
    std::filesystem::create_directories(devices);
    std::filesystem::create_symlink("../../../devices/pci0000:00/0000:00:01.0/0000:03:00.0",
                                    devices / bdf);
    return true;
  }();
  if (!linked || size < 1) {
    return 0;
  }
  std::string_view rest = fuzz::text_of(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    machine.put(std::string(firmware), rest);
    check_firmware(machine.root());
    return 0;
  }
  for (const std::string& file : files) {
    machine.put(file, fuzz::take_part(rest, '\0'));
  }
  check_texts(machine.root());
  return 0;
}
