// SPDX-License-Identifier: MIT
#include "trial/conditions.hpp"

#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "machine/awake.hpp"
#include "util/formatted.hpp"

namespace rocmfix::trial {

namespace {

constexpr std::int64_t mib = 1 << 20;
// A desktop draws its windows with some of it; a game or a training takes nearly all.
constexpr std::int64_t busy_limit = 20;

/// The line with the star of pp_dpm_sclk: "1: 800Mhz *".
std::optional<std::int64_t> current_clock(const Root& root, const std::string& file) {
  const auto table = root.read(file, 1U << 14U);
  const auto star = table ? table->find('*') : std::string::npos;
  if (star == std::string::npos) {
    return std::nullopt;
  }
  const auto colon = table->rfind(": ", star);
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  std::int64_t mhz = 0;
  const char* const begin = table->data() + colon + 2;
  const auto [end, error] = std::from_chars(begin, table->data() + star, mhz);
  return error == std::errc{} ? std::optional(mhz) : std::nullopt;
}

/// Of the first file that is there; `unit`: how many of the file's are one.
std::optional<std::int64_t> sensor(const Root& root, const std::string& device,
                                   std::initializer_list<const char*> files, std::uint64_t unit) {
  for (const std::string& name : root.list(device + "/hwmon")) {
    for (const char* const file : files) {
      if (const auto value = root.read_number(formatted("{}/hwmon/{}/{}", device, name, file))) {
        return static_cast<std::int64_t>(*value / unit);
      }
    }
  }
  return std::nullopt;
}

void read_card(const Root& root, const std::string& bdf, const std::string& suffix,
               Conditions& conditions) {
  const std::string device = "/sys/bus/pci/devices/" + bdf;
  if (!detail::is_awake(root, device)) {
    return;
  }
  const auto put = [&](const char* name, std::optional<std::int64_t> value) {
    if (value) {
      conditions[name + suffix] = *value;
    }
  };
  const auto number = [&](const char* file) -> std::optional<std::int64_t> {
    const auto value = root.read_number(device + "/" + file);
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  };
  put("temperature_c", sensor(root, device, {"temp1_input"}, 1000));
  // The second is what amdgpu has where the card measures no average.
  put("power_w", sensor(root, device, {"power1_average", "power1_input"}, 1'000'000));
  put("sclk_mhz", current_clock(root, device + "/pp_dpm_sclk"));
  put("mclk_mhz", current_clock(root, device + "/pp_dpm_mclk"));
  put("busy_percent", number("gpu_busy_percent"));
  if (const auto used = number("mem_info_vram_used")) {
    put("vram_used_mib", *used / mib);
  }
}

}  // namespace

Conditions read_conditions(const Root& root, const std::vector<Gpu>& gpus) {
  Conditions conditions;
  std::size_t cards = 0;
  for (const Gpu& gpu : gpus) {
    if (gpu.supported) {
      read_card(root, gpu.bdf, cards == 0 ? "" : "." + std::to_string(cards), conditions);
      ++cards;
    }
  }
  if (root.exists("/sys/class/kfd/kfd/proc")) {
    conditions["kfd_processes"] =
        static_cast<std::int64_t>(root.list("/sys/class/kfd/kfd/proc").size());
  }
  return conditions;
}

std::string other_load(const Conditions& conditions) {
  for (const auto& [name, value] : conditions) {
    if (name.starts_with("busy_percent") && value >= busy_limit) {
      return formatted("the GPU is busy ({} %) before the run begins", value);
    }
    if (name == "kfd_processes" && value > 0) {
      return formatted("{} other program{} the GPU for compute", value,
                       value == 1 ? " uses" : "s use");
    }
  }
  return {};
}

std::string boot_id(const Root& root) {
  return root.read_line("/proc/sys/kernel/random/boot_id").value_or("");
}

}  // namespace rocmfix::trial
