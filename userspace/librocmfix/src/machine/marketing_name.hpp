// SPDX-License-Identifier: MIT
// What a card is sold as, from libdrm's table amdgpu.ids. libdrm's own function for it needs an
// open device, which would wake the GPU and does not work on a captured machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// Reads the table of the root once, or the running system's where the root has none.
class MarketingNames {
 public:
  explicit MarketingNames(const Root& root);

  /// The first line for this PCI device and revision, as libdrm takes it.
  [[nodiscard]] std::optional<std::string> find(std::uint16_t device_id,
                                                std::uint8_t revision) const;

 private:
  std::string table_;
};

}  // namespace rocmfix::detail
