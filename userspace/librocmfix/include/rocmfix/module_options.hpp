// SPDX-License-Identifier: MIT
// What modprobe's configuration and the kernel command line say of amdgpu: the options that count,
// with their places, and the lines that do not do what they look like.
#pragma once

#include <string>
#include <vector>

namespace rocmfix {

/// One `name=value` for amdgpu and where it is set. The name of another module's option has the
/// module in it: "ttm.pages_limit".
struct ModuleOption {
  std::string name;
  std::string value;
  std::string file;       ///< path inside the root, or "/proc/cmdline"
  unsigned line = 0;      ///< 1-based; 0 for the kernel command line
  bool has_value = true;  ///< false: the name alone
};

/// A line about amdgpu that does nothing, or because of which amdgpu is not loaded.
struct LineFault {
  std::string file;     ///< path inside the root, or "/proc/cmdline"
  unsigned line = 0;    ///< 1-based; 0 for the kernel command line, and for a file as a whole
  std::string text;     ///< the part that is meant: "noretry = 0"
  std::string fault;    ///< a clause: what is wrong with it, and what that leads to
  std::string remedy;   ///< a clause: what to do
  std::string edit;     ///< the command that opens the file, or does it
  bool blocks = false;  ///< amdgpu is not loaded because of it
};

/// What is set elsewhere for a name that the plan sets to another value.
struct Conflict {
  ModuleOption option;
  bool wins = false;   ///< true: it is read after rocmfix.conf, so the plan is not in force
  std::string remedy;  ///< a clause: how to remove it; empty: not looked for
};

}  // namespace rocmfix
