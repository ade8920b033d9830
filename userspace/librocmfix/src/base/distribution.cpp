// SPDX-License-Identifier: MIT
#include "base/distribution.hpp"

#include <algorithm>

#include "base/package_table.hpp"
#include "rocmfix/install_hint.hpp"
#include "util/formatted.hpp"

namespace rocmfix::detail {

namespace {

const PackageFamily* family_of(const OsRelease& os) {
  const auto found =
      std::find_if(package_families.begin(), package_families.end(),
                   [&](const PackageFamily& family) { return os.is_like(family.name); });
  return found == package_families.end() ? nullptr : &*found;
}

const PackageNames* names_of(std::string_view package) {
  const auto found = std::find_if(package_names.begin(), package_names.end(),
                                  [&](const PackageNames& names) { return names.name == package; });
  return found == package_names.end() ? nullptr : &*found;
}

// Empty: not known there.
std::string_view name_in(const PackageNames& names, std::string_view family) {
  if (family == "ubuntu") {
    return names.ubuntu.empty() ? names.debian : names.ubuntu;
  }
  if (family == "debian") {
    return names.debian;
  }
  if (family == "fedora") {
    return names.fedora;
  }
  if (family == "arch") {
    return names.arch;
  }
  return family == "suse" ? names.suse : std::string_view();
}

std::string with_release(std::string_view name, std::string_view release) {
  constexpr std::string_view placeholder = "{release}";
  std::string made(name);
  const auto at = made.find(placeholder);
  return at == std::string::npos ? made : made.replace(at, placeholder.size(), release);
}

std::optional<std::string> command_for(const OsRelease& os, std::string_view PackageFamily::*verb,
                                       std::span<const std::string_view> packages,
                                       std::string_view release) {
  const PackageFamily* const family = family_of(os);
  if (family == nullptr) {
    return std::nullopt;
  }
  std::string line(family->*verb);
  for (const std::string_view package : packages) {
    const PackageNames* const names = names_of(package);
    const std::string_view name = names == nullptr ? "" : name_in(*names, family->name);
    if (name.empty()) {
      return std::nullopt;
    }
    line += " " + with_release(name, release);
  }
  return line;
}

}  // namespace

std::optional<std::string> install_command(const OsRelease& os,
                                           std::span<const std::string_view> packages,
                                           std::string_view release) {
  return command_for(os, &PackageFamily::install, packages, release);
}

std::optional<std::string> newest_command(const OsRelease& os,
                                          std::span<const std::string_view> packages) {
  return command_for(os, &PackageFamily::newest, packages, {});
}

std::string install_hint(const OsRelease& os, std::string_view package, std::string_view release) {
  if (auto command = install_command(os, {&package, 1}, release)) {
    return std::move(*command);
  }
  const PackageNames* const names = names_of(package);
  return names != nullptr && !names->elsewhere.empty()
             ? std::string(names->elsewhere)
             : formatted("install your distribution's package of {}", package);
}

std::string update_command(const OsRelease& os) {
  const PackageFamily* const family = family_of(os);
  return family == nullptr ? std::string() : std::string(family->update);
}

}  // namespace rocmfix::detail

namespace rocmfix {

std::string install_hint(const Root& root, std::string_view package) {
  return detail::install_hint(detail::read_os_release(root), package);
}

std::string install_hint(std::string_view package) {
  const auto root = Root::open();
  return root ? install_hint(*root, package) : detail::install_hint(detail::OsRelease{}, package);
}

}  // namespace rocmfix
