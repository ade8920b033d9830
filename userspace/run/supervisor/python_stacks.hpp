// SPDX-License-Identifier: MIT
// What the threads of a Python process are doing, as py-spy(1) sees it from outside, for one that
// does not print it itself (rocmfix.alive() has it do so). Never required.
//
// Refuses to: run py-spy as root, or wait for it longer than a helper may take; quote the process's
// command line, which it shows first.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "supervisor/signals.hpp"

namespace rocmfix::run {

/// By its executable, or a libpython in it.
bool is_python(pid_t pid);

/// Lines, of any bytes; some hundred at most. Empty: py-spy is not in PATH, or may not read the
/// process (kernel.yama.ptrace_scope; Debian's default allows it), or this is root.
std::vector<std::string> python_stacks(const SignalQueue& signals, pid_t pid);

}  // namespace rocmfix::run
