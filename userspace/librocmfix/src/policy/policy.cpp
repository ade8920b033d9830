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
  auto chips_text = detail::read_overlay(root, chips_overlay);
  auto settings_text = detail::read_overlay(root, settings_overlay);
  if (!chips_text) {
    return fail(std::move(chips_text.error()));
  }
  if (!settings_text) {
    return fail(std::move(settings_text.error()));
  }
  if (!*chips_text && !*settings_text) {
    return policy;
  }
  auto storage = std::make_shared<Storage>();
  if (*chips_text) {
    const auto added =
        parse_chips(**chips_text, root.host_path(chips_overlay).string(), storage->arena);
    if (!added) {
      return fail(added.error());
    }
    storage->chips = detail::laid_over(
        policy.chips_, *added, [](const Chip& chip) { return chip.name; },
        detail::NewEntries::last);
    policy.chips_ = storage->chips;
  }
  if (*settings_text) {
    const auto added =
        parse_settings(**settings_text, root.host_path(settings_overlay).string(), storage->arena);
    if (!added) {
      return fail(added.error());
    }
    storage->settings = detail::laid_over(
        policy.settings_, *added,
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
