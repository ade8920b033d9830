// SPDX-License-Identifier: MIT
// Reads /sys/bus/pci and /sys/class/drm. Only files that print what the kernel remembers: see the
// list in gpu.cpp before adding one.
#include "machine/pci_function.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::uint64_t class_display = 0x03;
constexpr std::uint64_t class_accelerator = 0x12;

// "0000:03:00.0"; domains above ffff exist (VMD, Hyper-V).
std::optional<PciFunction> parse_bdf(std::string_view bdf) {
  std::array<std::uint32_t, 4> part{};
  constexpr std::array<char, 4> ends = {':', ':', '.', '\0'};
  constexpr std::array<std::uint32_t, 4> most = {UINT32_MAX, 0xff, 0x1f, 7};
  const char* at = bdf.data();
  const char* const end = at + bdf.size();
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto [stop, error] = std::from_chars(at, end, part.at(i), 16);
    const bool last = i + 1 == part.size();
    if (error != std::errc{} || part.at(i) > most.at(i) ||
        (last ? stop != end : stop == end || *stop != ends.at(i))) {
      return std::nullopt;
    }
    at = last ? stop : stop + 1;
  }
  return PciFunction{std::string(bdf), part[0], part[1] << 8U | part[2] << 3U | part[3], {}};
}

// The value of "NAME=" in a device's uevent.
std::optional<std::string> uevent_value(const Root& root, const std::string& directory,
                                        std::string_view name) {
  const auto text = root.read(directory + "/uevent");
  if (!text) {
    return std::nullopt;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.size() > name.size() + 1 && line.starts_with(name) && line[name.size()] == '=') {
      return std::string(line.substr(name.size() + 1));
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(number)
                                                                      : std::nullopt;
}

// A capture may have `uevent` and nothing else: "PCI_ID=1002:73DF", "PCI_CLASS=30000".
enum class Half { vendor, device };
std::optional<std::uint64_t> uevent_id(const Root& root, const std::string& directory, Half half) {
  const auto id = uevent_value(root, directory, "PCI_ID");
  const auto colon = id ? id->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  return hexadecimal(half == Half::vendor ? std::string_view(*id).substr(0, colon)
                                          : std::string_view(*id).substr(colon + 1));
}

std::string last_component(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

std::vector<PciFunction> list_pci(const Root& root) {
  std::vector<PciFunction> found;
  for (const std::string& name : root.list(pci_devices)) {
    if (auto function = parse_bdf(name)) {
      function->directory = formatted("{}/{}", pci_devices, name);
      found.push_back(std::move(*function));
    }
  }
  return found;
}

// For a machine (a container, a partial capture) that shows /sys/class/drm alone: the card* there,
// not connectors ("card0-DP-1") nor render nodes, lead to their PCI function.
std::vector<PciFunction> list_drm(const Root& root) {
  std::vector<PciFunction> found;
  for (const std::string& name : root.list(drm_class)) {
    constexpr std::string_view prefix = "card";
    if (!name.starts_with(prefix) || name.size() == prefix.size() ||
        name.find_first_not_of("0123456789", prefix.size()) != std::string::npos) {
      continue;
    }
    const std::string directory = formatted("{}/{}/device", drm_class, name);
    auto bdf = uevent_value(root, directory, "PCI_SLOT_NAME");
    if (!bdf) {
      bdf = last_component(root.real_path(directory).value_or(""));
    }
    if (auto function = parse_bdf(*bdf)) {
      function->directory = directory;
      found.push_back(std::move(*function));
    }
  }
  return found;
}

bool is_amd_gpu(const Root& root, const PciFunction& function) {
  auto vendor = root.read_number(function.directory + "/vendor");
  if (!vendor) {
    vendor = uevent_id(root, function.directory, Half::vendor);
  }
  if (vendor != vendor_amd) {
    return false;
  }
  auto pci_class = root.read_number(function.directory + "/class");
  if (!pci_class) {
    const auto text = uevent_value(root, function.directory, "PCI_CLASS");
    pci_class = text ? hexadecimal(*text) : std::nullopt;
  }
  const std::uint64_t base = pci_class.value_or(0) >> 16U;
  return base == class_display || base == class_accelerator;
}

std::vector<PciFunction> amd_gpus(const Root& root, std::vector<PciFunction> functions) {
  std::erase_if(functions, [&](const PciFunction& f) { return !is_amd_gpu(root, f); });
  return functions;
}

}  // namespace

std::optional<std::uint64_t> read_device_id(const Root& root, const std::string& directory) {
  const auto device = root.read_number(directory + "/device");
  return device ? device : uevent_id(root, directory, Half::device);
}

std::vector<PciFunction> list_amd_gpu_functions(const Root& root) {
  std::vector<PciFunction> functions = amd_gpus(root, list_pci(root));
  if (functions.empty()) {
    functions = amd_gpus(root, list_drm(root));
  }
  std::sort(functions.begin(), functions.end(), [](const PciFunction& a, const PciFunction& b) {
    return std::pair(a.domain, a.location) < std::pair(b.domain, b.location);
  });
  return functions;
}

// The first line of `resource`: "start end flags".
std::optional<std::uint64_t> read_bar0_bytes(const Root& root, const std::string& directory) {
  const auto line = root.read_line(directory + "/resource");
  if (!line) {
    return std::nullopt;
  }
  std::array<std::uint64_t, 2> range{};
  std::string_view rest = *line;
  for (std::uint64_t& number : range) {
    if (!rest.starts_with("0x")) {
      return std::nullopt;
    }
    rest.remove_prefix(2);
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, 16);
    if (error != std::errc{}) {
      return std::nullopt;
    }
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return range[1] > range[0] ? std::optional(range[1] - range[0] + 1) : std::nullopt;
}

std::optional<std::string> bound_driver(const Root& root, const std::string& directory) {
  auto driver = uevent_value(root, directory, "DRIVER");
  if (!driver) {
    if (const auto path = root.real_path(directory + "/driver")) {
      driver = last_component(*path);
    }
  }
  return driver;
}

}  // namespace rocmfix::detail
