// SPDX-License-Identifier: MIT
// The kernel's log, and what it says of modules that it would not load. Reading only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct KernelMessage {
  std::uint64_t microseconds = 0;  ///< since the kernel started, time asleep left out
  std::string text;
};

/// The messages in /dev/kmsg, oldest first. A captured root has the
/// same records in an ordinary file. Errors: io; errnum EPERM for a user who may not read it
/// (kernel.dmesg_restrict, which Debian sets).
Result<std::vector<KernelMessage>> read_kernel_log(const Root& root);

/// Why the kernel refuses a module. The log names no module, so this is only for somebody who
/// misses one.
struct ModuleRefusal {
  std::string message;     ///< the last such message
  bool is_signed = false;  ///< false: there was no signature; true: one by a key it does not know
};

/// From kernel/module/signing.c and security/lockdown/lockdown.c; seen in Debian's 6.1, 6.12, 7.2
/// and 7.3. Under lockdown alone the kernel calls a module unsigned whose key it does not know.
std::optional<ModuleRefusal> find_module_refusal(const std::vector<KernelMessage>& messages);

}  // namespace rocmfix::detail
