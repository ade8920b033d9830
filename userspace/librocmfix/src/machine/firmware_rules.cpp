// SPDX-License-Identifier: MIT
#include "machine/firmware_rules.hpp"

#include <algorithm>
#include <utility>

#include "base/overlay.hpp"

namespace rocmfix::detail {

struct FirmwareRules::Storage {
  TomlArena arena;
  FirmwareTables tables;
};

namespace {

constexpr std::string_view overlay = "/etc/rocmfix/firmware.toml";

bool has(std::span<const GcVersion> list, const std::optional<GcVersion>& gc) {
  return gc && std::find(list.begin(), list.end(), *gc) != list.end();
}

// What an administrator adds comes first, because the first that fits counts.
template <class Item>
std::vector<Item> lay_over(std::span<const Item> base, const std::vector<Item>& added) {
  return laid_over(
      base, added, [](const Item& item) { return item.name; }, NewEntries::first);
}

}  // namespace

FirmwareRules FirmwareRules::built_in() {
  FirmwareRules rules;
  rules.files_ = tables::firmware_files;
  rules.atomics_ = tables::atomics_rules;
  rules.packages_ = tables::firmware_packages;
  return rules;
}

Result<FirmwareRules> FirmwareRules::load(const Root& root) {
  FirmwareRules rules = built_in();
  auto storage = std::make_shared<Storage>();
  const auto parsed = parse_overlay(root, overlay, &parse_firmware, storage->arena);
  if (!parsed) {
    return fail(parsed.error());
  }
  const auto& added = *parsed;
  if (!added) {
    return rules;
  }
  storage->tables = {lay_over(rules.files_, added->files), lay_over(rules.atomics_, added->atomics),
                     lay_over(rules.packages_, added->packages)};
  rules.files_ = storage->tables.files;
  rules.atomics_ = storage->tables.atomics;
  rules.packages_ = storage->tables.packages;
  rules.storage_ = std::move(storage);
  return rules;
}

const FirmwareFile* FirmwareRules::file_of(const Gpu& gpu) const {
  for (const FirmwareFile& file : files_) {
    if (!has(file.gc, gpu.gc) || (file.device != 0 && file.device != gpu.device_id)) {
      continue;
    }
    if (file.revised && !gpu.revision) {
      return nullptr;
    }
    if (!file.revised || *gpu.revision != 0) {
      return &file;
    }
  }
  return nullptr;
}

const AtomicsRule* FirmwareRules::without_atomics(const Gpu& gpu) const {
  const auto found = std::find_if(atomics_.begin(), atomics_.end(),
                                  [&](const AtomicsRule& rule) { return has(rule.gc, gpu.gc); });
  return found == atomics_.end() ? nullptr : &*found;
}

const FirmwarePackage* FirmwareRules::package_for(std::string_view distribution,
                                                  std::string_view release) const {
  const auto found =
      std::find_if(packages_.begin(), packages_.end(), [&](const FirmwarePackage& package) {
        return (package.distribution.empty() || package.distribution == distribution) &&
               (package.release.empty() || package.release == release);
      });
  return found == packages_.end() ? nullptr : &*found;
}

}  // namespace rocmfix::detail
