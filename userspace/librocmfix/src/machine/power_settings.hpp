// SPDX-License-Identifier: MIT
// Whether a GPU's clocks, voltages and power limit are those that its maker set. What would wake a
// suspended GPU is not read of one (machine/awake.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct PowerSettings {
  bool awake = true;  ///< false: asleep, and the fields of the running card are unknown
  std::optional<std::uint64_t> cap_microwatts;
  std::optional<std::uint64_t> default_cap_microwatts;
  std::optional<std::string> performance_level;  ///< "auto" unless somebody changed it
  std::optional<int> voltage_offset_mv;          ///< RDNA2 with overdrive
  std::optional<bool> overdrive;                 ///< the driver allows to change clocks
  /// What LACT's service would set on this card at boot: "max_memory_clock: 1100".
  std::vector<std::string> lact;
};

PowerSettings read_power_settings(const Root& root, const std::string& bdf);

}  // namespace rocmfix::detail
