// SPDX-License-Identifier: MIT
// What keeps amdgpu from being loaded: a line of modprobe's configuration, or a word on the kernel
// command line.
#pragma once

#include <optional>
#include <string>

#include "rocmfix/root.hpp"

namespace rocmfix::detail {

struct Blacklist {
  std::string what;     ///< "`blacklist amdgpu` in /etc/modprobe.d/x.conf:3"
  std::string remedy;   ///< what to do about it, a clause
  std::string edit;     ///< the command that opens the file
  bool certain = true;  ///< false: a command of its own, which may load amdgpu all the same
};

/// The first that is found; an `install` line that loads amdgpu itself is none. Errors: io when a
/// directory of modprobe cannot be read.
Result<std::optional<Blacklist>> find_blacklist(const Root& root);

}  // namespace rocmfix::detail
