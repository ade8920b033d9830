// SPDX-License-Identifier: MIT
// Whose kernel is it? From the address of a kernel descriptor back to the code object that the
// runtime has loaded there (an ELF file, whose header, symbols and notes are loaded too): the
// kernel's name, and its arguments as the compiler's metadata describe them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kfd/process.hpp"

namespace rocmfix::sim {

struct KernelArgument {
  std::string name;
  std::size_t offset = 0, size = 0;
};

struct KernelInfo {
  std::string name;                       ///< "__amd_rocclr_fillBufferAligned"
  std::vector<KernelArgument> arguments;  ///< the explicit ones, in order
};

/// nullopt: there is no code object around it, or no such symbol in it.
std::optional<KernelInfo> find_kernel_info(Process& process, unsigned gpu,
                                           std::uint64_t descriptor);

}  // namespace rocmfix::sim
