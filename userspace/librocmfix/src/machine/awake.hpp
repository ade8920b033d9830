// SPDX-License-Identifier: MIT
// Whether a PCI function may be asked for more than the kernel remembers of it.
#pragma once

#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

/// False for a function that is runtime-suspended, or about to be or to wake: PCI's
/// {current,max}_link_*, amdgpu's hwmon, power_dpm_* and pp_* would wake it (6.1 and 6.12; kernels
/// from 7.2 on refuse amdgpu's instead). Reads power/runtime_status, which never does. A kernel
/// without that file (CONFIG_PM=n) suspends nothing at run time.
///
/// A GPU that falls asleep after this said "true" would be woken once: amdgpu waits for 5 s without
/// use before it suspends one.
inline bool is_awake(const Root& root, const std::string& directory) {
  const auto status = root.read_line(directory + "/power/runtime_status");
  return !status || *status == "active" || *status == "unsupported";
}

}  // namespace rocmfix::detail
