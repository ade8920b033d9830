// SPDX-License-Identifier: MIT
// Looking a card up and listing them. The table itself is generated (generate_cards.cpp).
#include "card.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rocmfix::sim {

const Card* find_card(std::string_view name) {
  const auto all = cards();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Card& card) { return card.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string gfx_name(std::uint32_t gfx_target) {
  return fmt::format("gfx{}{:x}{:x}", gfx_target / 10000, gfx_target / 100 % 100, gfx_target % 100);
}

std::string card_list() {
  std::string text;
  for (const Card& card : cards()) {
    text += fmt::format("{:<10} {:<24} {:<8} GC {}.{}.{:<3} {:>6} MiB\n", card.name, card.title,
                        gfx_name(card.gfx_target), card.gc_major, card.gc_minor, card.gc_revision,
                        card.vram_mib);
  }
  return text;
}

}  // namespace rocmfix::sim
