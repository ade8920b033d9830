// SPDX-License-Identifier: MIT
// The tables that the build makes from userspace/data/packages.toml, which says what each member
// is.
#pragma once

#include <span>
#include <string_view>

namespace rocmfix::detail {

struct PackageFamily {
  std::string_view name;
  std::string_view install;
  std::string_view newest;
  std::string_view update;
  std::string_view source;
};

struct PackageNames {
  std::string_view name;
  std::string_view ubuntu;  ///< empty: as on Debian
  std::string_view debian;
  std::string_view fedora;
  std::string_view arch;
  std::string_view suse;
  std::string_view elsewhere;
  std::string_view source;
};

extern const std::span<const PackageFamily> package_families;
extern const std::span<const PackageNames> package_names;

}  // namespace rocmfix::detail
