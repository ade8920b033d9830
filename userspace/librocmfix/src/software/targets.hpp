// SPDX-License-Identifier: MIT
// Names of ISA targets: in bundle ids, in the flags of a code object, in file names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rocmfix::detail {

/// "gfx90a:sramecc+:xnack-" is "gfx90a". nullopt for what is no name of a target.
std::optional<std::string> bare_target(std::string_view target_id);

struct BundleId {
  bool for_hip = false;               ///< else for the host or another offloading model
  std::optional<std::string> target;  ///< nullopt when `for_hip` and the target is no name
};
/// "hipv4-amdgcn-amd-amdhsa--gfx1030:xnack-" and its relatives.
BundleId parse_bundle_id(std::string_view id);

/// The target of EF_AMDGPU_MACH in a code object's e_flags; nullopt when it is not known.
std::optional<std::string> target_of_flags(std::uint32_t flags);

}  // namespace rocmfix::detail
