// SPDX-License-Identifier: MIT
// Which kernels have one of upstream's changes of amdgpu's defaults: userspace/data/
// kernel_changes.toml, which says what each field means. Not replaceable in /etc/rocmfix.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "rocmfix/clause.hpp"

namespace rocmfix {

struct KernelChange {
  std::string_view name;
  std::string_view commit;
  std::string_view title;
  Strings since;
  std::string_view source;
};

namespace tables {
extern const std::span<const KernelChange> kernel_changes;
}

namespace detail {

/// noretry=1 is the driver's own default on GFX 10.1.x.
inline constexpr std::string_view noretry_change = "noretry-gfx10.1";

/// Whether a kernel ("6.18.36", "7.0.0-28-generic") has the change; nullopt: its point release
/// decides and is not known, as of the release of an Ubuntu kernel, or there is no such change.
std::optional<bool> kernel_has(std::string_view kernel, std::string_view change);

}  // namespace detail

}  // namespace rocmfix
