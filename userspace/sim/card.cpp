// SPDX-License-Identifier: MIT
// Looking a card up, and what may be said of one. The table itself is generated
// (userspace/data/make_tables.py).
#include "card.hpp"

#include <algorithm>
#include <array>

#include "util/formatted.hpp"

namespace rocmfix::sim {

const Card* find_card(std::string_view name) {
  const auto all = cards();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Card& card) { return card.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string gfx_name(std::uint32_t gfx_target) {
  return formatted("gfx{}{:x}{:x}", gfx_target / 10000, gfx_target / 100 % 100, gfx_target % 100);
}

std::span<const CardOption> card_options() {
  static constexpr std::array<CardOption, 9> all = {{
      {"largebar", "all of its VRAM is visible to the CPU"},
      {"patched", "the driver is the patched one, with rocmfix_mtype=private, its default"},
      {"patched-data", "with rocmfix_mtype=data"},
      {"patched-all", "with rocmfix_mtype=all"},
      {"caches", "kernels see memory through its caches, as documented: ROCMFIX_SIM_SEED"},
      {"svm", "the kernel has SVM: as kernel7.2"},
      {"kernel6.1", "the driver's interface is that of Linux 6.1"},
      {"kernel6.12", "of 6.12, the default"},
      {"kernel7.2", "of 7.2"},
  }};
  return all;
}

}  // namespace rocmfix::sim
