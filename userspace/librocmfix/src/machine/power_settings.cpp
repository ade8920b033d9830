// SPDX-License-Identifier: MIT
#include "machine/power_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "machine/awake.hpp"
#include "machine/pci_function.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::uint64_t overdrive_mask = 0x4000;  // PP_OVERDRIVE_MASK, amd_shared.h
constexpr std::string_view lact_file = "/etc/lact/config.yaml";

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

// "OD_VDDGFX_OFFSET:\n-50mV\n": sienna_cichlid_print_clk_levels() and its later form.
std::optional<int> read_voltage_offset(const Root& root, const std::string& directory) {
  const auto table = root.read(directory + "/pp_od_clk_voltage", 1U << 14U);
  constexpr std::string_view key = "OD_VDDGFX_OFFSET:\n";
  const std::size_t at = table ? table->find(key) : std::string::npos;
  if (at == std::string::npos) {
    return std::nullopt;
  }
  int offset = 0;
  const std::string_view value = without_blanks(std::string_view(*table).substr(at + key.size()));
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), offset);
  return error == std::errc{} ? std::optional(offset) : std::nullopt;
}

void read_hwmon(const Root& root, const std::string& directory, PowerSettings& settings) {
  for (const std::string& name : root.list(directory + "/hwmon")) {
    const std::string hwmon = formatted("{}/hwmon/{}", directory, name);
    if (const auto cap = root.read_number(hwmon + "/power1_cap")) {
      settings.cap_microwatts = cap;
      settings.default_cap_microwatts = root.read_number(hwmon + "/power1_cap_default");
      return;
    }
  }
}

// The lines of LACT's file that belong to this card: "  1002:73DF-1DA2:E445-0000:0b:00.0:", then
// what is indented further. docs/CONFIG.md there says what each key means.
std::vector<std::string> read_lact(const Root& root, const std::string& bdf) {
  constexpr std::array<std::string_view, 9> keys = {
      "power_cap",        "performance_level", "min_core_clock", "max_core_clock", "min_voltage",
      "min_memory_clock", "max_memory_clock",  "max_voltage",    "voltage_offset"};
  std::vector<std::string> found;
  const auto text = root.read_regular(lact_file, 1U << 20U);
  if (!text || !*text) {
    return found;
  }
  const std::string header_end = formatted("-{}:", bdf);
  bool in_card = false;
  std::size_t card_indent = 0;
  for (std::string_view rest = **text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::string_view words = without_blanks(line);
    const std::size_t indent = line.size() - words.size();
    if (words.empty() || words.front() == '#') {
      continue;
    }
    if (words.ends_with(header_end)) {
      in_card = true;
      card_indent = indent;
    } else if (in_card && indent <= card_indent) {
      in_card = false;
    } else if (const std::size_t colon = words.find(": ");
               in_card && colon != std::string_view::npos &&
               std::find(keys.begin(), keys.end(), words.substr(0, colon)) != keys.end()) {
      found.emplace_back(words);
    }
  }
  return found;
}

}  // namespace

PowerSettings read_power_settings(const Root& root, const std::string& bdf) {
  const std::string directory = formatted("{}/{}", pci_devices, bdf);
  PowerSettings settings;
  settings.awake = is_awake(root, directory);
  if (const auto mask = root.read_number("/sys/module/amdgpu/parameters/ppfeaturemask")) {
    settings.overdrive = (*mask & overdrive_mask) != 0;
  }
  settings.lact = read_lact(root, bdf);
  if (settings.awake) {
    read_hwmon(root, directory, settings);
    settings.performance_level = root.read_line(directory + "/power_dpm_force_performance_level");
    settings.voltage_offset_mv = read_voltage_offset(root, directory);
  }
  return settings;
}

}  // namespace rocmfix::detail
