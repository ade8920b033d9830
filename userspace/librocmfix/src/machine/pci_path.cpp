// SPDX-License-Identifier: MIT
#include "machine/pci_path.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "machine/awake.hpp"
#include "machine/pci_function.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::uint64_t class_bridge = 0x0604;
constexpr std::size_t deepest = 32;  // bridges; a machine has six at most

// pci_speed_string(), drivers/pci/probe.c: "2.5 GT/s PCIe", "16.0 GT/s PCIe", "Unknown".
std::optional<unsigned> parse_speed(std::string_view text) {
  unsigned whole = 0;
  const char* const end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, whole);
  constexpr unsigned most = 1000;
  if (error != std::errc{} || whole == 0 || whole > most) {
    return std::nullopt;
  }
  unsigned tenths = 0;
  if (at != end && *at == '.') {
    const auto [stop, bad] = std::from_chars(at + 1, end, tenths);
    if (bad != std::errc{} || tenths > 9) {
      return std::nullopt;
    }
    at = stop;
  }
  return std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(" GT/s")
             ? std::optional(whole * 10 + tenths)
             : std::nullopt;
}

std::optional<LinkRate> read_rate(const Root& root, const std::string& directory,
                                  std::string_view which) {
  const auto text = root.read_line(formatted("{}/{}_link_speed", directory, which));
  const auto speed = text ? parse_speed(*text) : std::nullopt;
  const auto lanes = root.read_number(formatted("{}/{}_link_width", directory, which));
  constexpr unsigned most_lanes = 32;
  if (!speed || !lanes || *lanes == 0 || *lanes > most_lanes) {
    return std::nullopt;
  }
  return LinkRate{*speed, static_cast<unsigned>(*lanes)};
}

// aer_stats_dev_attr(), drivers/pci/pcie/aer.c: a line for each kind, then "TOTAL_ERR_COR 12".
std::optional<std::uint64_t> read_errors(const Root& root, const std::string& directory,
                                         std::string_view file, std::string_view total) {
  const auto text = root.read(formatted("{}/{}", directory, file), 1U << 14U);
  const std::string key = formatted("{} ", total);
  const std::size_t at = text ? text->find(key) : std::string::npos;
  if (at == std::string::npos) {
    return std::nullopt;
  }
  std::uint64_t count = 0;
  const char* const begin = text->data() + at + key.size();
  const auto [end, error] = std::from_chars(begin, text->data() + text->size(), count);
  return error == std::errc{} ? std::optional(count) : std::nullopt;
}

PciPort read_port(const Root& root, const std::string& directory, std::string bdf) {
  PciPort port;
  port.bdf = std::move(bdf);
  port.awake = is_awake(root, directory);
  if (port.awake) {
    port.most = read_rate(root, directory, "max");
    port.current = read_rate(root, directory, "current");
  }
  port.fatal_errors = read_errors(root, directory, "aer_dev_fatal", "TOTAL_ERR_FATAL");
  port.nonfatal_errors = read_errors(root, directory, "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL");
  port.correctable_errors = read_errors(root, directory, "aer_dev_correctable", "TOTAL_ERR_COR");
  const bool amd = root.read_number(directory + "/vendor") == vendor_amd;
  const bool bridge = root.read_number(directory + "/class").value_or(0) >> 8U == class_bridge;
  port.on_card = amd && bridge;
  return port;
}

bool is_function(std::string_view name) {
  return name.find(':') != std::string_view::npos && name.find('.') != std::string_view::npos;
}

}  // namespace

std::string to_string(const LinkRate& rate) {
  return formatted("{}.{} GT/s x{}", rate.speed / 10, rate.speed % 10, rate.lanes);
}

std::uint64_t capacity(const LinkRate& rate) {
  constexpr unsigned first_efficient = 80;  // 8b/10b below, 128b/130b from 8 GT/s on
  const std::uint64_t efficiency = rate.speed < first_efficient ? 800 : 985;
  return std::uint64_t{rate.speed} * rate.lanes * efficiency;
}

// "/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/0000:02:00.0/0000:03:00.0"
std::vector<PciPort> read_pci_path(const Root& root, const std::string& bdf) {
  std::vector<PciPort> path;
  const auto real = root.real_path(formatted("{}/{}", pci_devices, bdf));
  if (!real) {
    return path;
  }
  for (std::size_t at = 0; at < real->size() && path.size() < deepest;) {
    const std::size_t end = std::min(real->find('/', at + 1), real->size());
    const std::string name = real->substr(at + 1, end - at - 1);
    if (is_function(name)) {
      path.push_back(read_port(root, real->substr(0, end), name));
    }
    at = end;
  }
  // Above a bridge of the board, no bridge belongs to the card, whoever made it.
  bool on_card = true;
  for (auto port = path.rbegin(); port != path.rend(); ++port) {
    on_card = on_card && (port == path.rbegin() || port->on_card);
    port->on_card = on_card;
  }
  return path;
}

std::vector<PciLink> links_of(const std::vector<PciPort>& path) {
  std::vector<PciLink> links;
  for (std::size_t i = 1; i < path.size(); i += 2) {
    const PciPort& upper = path[i - 1];
    const PciPort& lower = path[i];
    if (upper.most && lower.most) {
      links.push_back({&upper,
                       &lower,
                       {std::min(upper.most->speed, lower.most->speed),
                        std::min(upper.most->lanes, lower.most->lanes)},
                       lower.current});
    }
  }
  return links;
}

}  // namespace rocmfix::detail
