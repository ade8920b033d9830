// SPDX-License-Identifier: MIT
// Whether somebody changed a card's clocks, voltage or power limit.
#include "doctor/gpu_finding.hpp"
#include "machine/power_settings.hpp"

namespace rocmfix::detail {

namespace {

constexpr std::uint64_t microwatts = 1000000;

/// What is not as the maker set it, a clause each.
std::vector<std::string> changes(const Gpu& gpu, const PowerSettings& settings,
                                 std::vector<std::string>& evidence) {
  std::vector<std::string> changed;
  const auto& cap = settings.cap_microwatts;
  const auto& normal = settings.default_cap_microwatts;
  if (cap && normal) {
    evidence.push_back(gpu_evidence(gpu, "hwmon/*/power1_cap", *cap));
    evidence.push_back(gpu_evidence(gpu, "hwmon/*/power1_cap_default", *normal));
    if (*cap > *normal) {
      changed.push_back(formatted("the power limit is {} W instead of {} W", *cap / microwatts,
                                  *normal / microwatts));
    }
  }
  if (settings.voltage_offset_mv) {
    evidence.push_back(
        gpu_evidence(gpu, "pp_od_clk_voltage",
                     formatted("OD_VDDGFX_OFFSET {} mV", *settings.voltage_offset_mv)));
    if (*settings.voltage_offset_mv != 0) {
      changed.push_back(formatted("the voltage is changed by {} mV", *settings.voltage_offset_mv));
    }
  }
  if (settings.performance_level) {
    evidence.push_back(
        gpu_evidence(gpu, "power_dpm_force_performance_level", *settings.performance_level));
    if (*settings.performance_level == "manual") {
      changed.emplace_back("the clocks are set by hand");
    }
  }
  if (!settings.lact.empty()) {
    changed.emplace_back("LACT is set up to change the card");
    for (const std::string& line : settings.lact) {
      evidence.push_back("/etc/lact/config.yaml: " + line);
    }
  }
  if (settings.overdrive == true) {
    evidence.emplace_back("/sys/module/amdgpu/parameters/ppfeaturemask: overdrive is allowed");
  }
  return changed;
}

}  // namespace

Findings clocks_power(const Subject& subject) {
  return for_each_gpu(subject, [&](const Gpu& gpu) -> std::optional<Finding> {
    const PowerSettings settings = read_power_settings(subject.root, gpu.bdf);
    Finding finding;
    std::string all;
    for (const std::string& change : changes(gpu, settings, finding.evidence)) {
      all += (all.empty() ? "" : "; ") + change;
    }
    if (!all.empty()) {
      finding.verdict = CheckVerdict::note;
      finding.summary = all;
      finding.remedy =
          "A card that is stable in games can still compute wrongly with such settings: "
          "overclocked "
          "or undervolted memory was reported to show as memory access faults. If it faults, try "
          "the maker's settings first.";
    } else if (!settings.awake) {
      finding.summary = "the card is asleep, and asking would wake it";
    } else if (!settings.performance_level && !settings.cap_microwatts) {
      finding.summary = "the driver does not say";
    } else {
      finding.verdict = CheckVerdict::ok;
      finding.summary = "as the maker set them, as far as the driver says";
    }
    return finding;
  });
}

}  // namespace rocmfix::detail
