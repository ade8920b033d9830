// SPDX-License-Identifier: MIT
// Which GPUs the interposer is for: gfx101x and gfx103x, GC 10.1 and 10.3. Pure.
#ifndef ROCMFIX_HIP_SUPPORTED_GPU_HPP
#define ROCMFIX_HIP_SUPPORTED_GPU_HPP

#include <cstdint>
#include <string_view>

namespace rocmfix::hip {

/// `name` as ROCr has it ("gfx1031"), `kernel_version` as KFD's topology has it (100301; 0: not
/// known). Both must agree that it is one: ROCr's name can be overridden by a variable.
bool is_supported_gpu(std::string_view name, uint32_t kernel_version);

/// gfx_target_version in a node's properties file; 0: not there.
uint32_t gfx_version_of_node(std::string_view properties);

}  // namespace rocmfix::hip

#endif
