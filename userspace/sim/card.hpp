// SPDX-License-Identifier: MIT
// A card as data: what cards.toml and gpus.toml say of it. The table is generated at build time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rocmfix::sim {

struct Card {
  std::string_view name;   ///< "rx5600xt": what ROCMFIX_SIM says
  std::string_view title;  ///< "AMD Radeon RX 5600 XT"
  std::string_view chip;   ///< "Navi 10"; empty for chips that are not in gpus.toml
  std::string_view asic;   ///< KFD's node name
  std::uint16_t device, subsystem_vendor, subsystem_device;
  std::uint8_t revision;
  std::uint8_t gc_major, gc_minor, gc_revision;
  std::uint32_t gfx_target;  ///< KFD's gfx_target_version
  std::uint32_t vram_mib, vram_width, mclk, sclk;
  std::uint32_t engines, arrays, cu_per_array, cu, waves, sdma, l2_kib, l3_kib;
  bool apu;

  [[nodiscard]] std::uint64_t vram_bytes() const { return std::uint64_t{vram_mib} << 20U; }
  /// RDNA has two SIMDs a CU.
  [[nodiscard]] std::uint32_t simds() const { return cu * 2; }
};

/// Every card that can be simulated, in the order of cards.toml.
std::span<const Card> cards();

/// By its name; nullptr: there is none.
const Card* find_card(std::string_view name);

/// What may follow a card's name, as in "rx6700xt+largebar".
struct CardOption {
  std::string_view name;
  std::string_view meaning;
};
std::span<const CardOption> card_options();

/// "gfx1031" for 100301.
std::string gfx_name(std::uint32_t gfx_target);

}  // namespace rocmfix::sim
