// SPDX-License-Identifier: MIT
// The built-in tables with a user's overlay laid over them.
#include "rocmfix/policy.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/overlay.hpp"
#include "policy/policy_toml.hpp"
#include "policy/tables.hpp"

namespace rocmfix {

struct Policy::Storage {
  TomlArena arena;
  std::vector<Chip> chips;
  std::vector<Setting> settings;
};

namespace {

constexpr std::string_view chips_overlay = "/etc/rocmfix/gpus.toml";
constexpr std::string_view settings_overlay = "/etc/rocmfix/settings.toml";

}  // namespace

Policy Policy::built_in() {
  Policy policy;
  policy.chips_ = tables::chips;
  policy.settings_ = tables::settings;
  return policy;
}

Result<Policy> Policy::load(const Root& root) {
  Policy policy = built_in();
  auto storage = std::make_shared<Storage>();
  auto chips = detail::parse_overlay(root, chips_overlay, &parse_chips, storage->arena);
  if (!chips) {
    return fail(std::move(chips.error()));
  }
  auto settings = detail::parse_overlay(root, settings_overlay, &parse_settings, storage->arena);
  if (!settings) {
    return fail(std::move(settings.error()));
  }
  if (*chips) {
    storage->chips = detail::laid_over(
        policy.chips_, **chips, [](const Chip& chip) { return chip.name; },
        detail::NewEntries::last);
    policy.chips_ = storage->chips;
  }
  if (*settings) {
    storage->settings = detail::laid_over(
        policy.settings_, **settings,
        [](const Setting& setting) { return std::pair(setting.layer, setting.name); },
        detail::NewEntries::last);
    policy.settings_ = storage->settings;
  }
  policy.storage_ = std::move(storage);
  return policy;
}

const Chip* Policy::chip_by_gfx(std::string_view gfx) const {
  const auto found =
      std::find_if(chips_.begin(), chips_.end(), [&](const Chip& chip) { return chip.gfx == gfx; });
  return found == chips_.end() ? nullptr : &*found;
}

const Chip* Policy::chip_by_pci(std::uint16_t device_id) const {
  const auto found = std::find_if(chips_.begin(), chips_.end(), [&](const Chip& chip) {
    return std::find(chip.pci.begin(), chip.pci.end(), device_id) != chip.pci.end();
  });
  return found == chips_.end() ? nullptr : &*found;
}

}  // namespace rocmfix
