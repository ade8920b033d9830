// SPDX-License-Identifier: MIT
// Runs kernels on this CPU.
#pragma once

#include <functional>
#include <string>

namespace cpu {

using Kernel = void (*)(void** arguments);

/// nullptr: there is none of that name.
Kernel find_kernel(const std::string& name);

/// One workgroup after the other, all threads of it.
void run_kernel(const std::string& name, unsigned groups, unsigned threads, void** arguments);

}  // namespace cpu
