// SPDX-License-Identifier: MIT
// The GPUs that a process sees, by ROCR_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES and
// CUDA_VISIBLE_DEVICES.
#pragma once

#include <vector>

#include "rocmfix/gpu.hpp"
#include "rocmfix/software.hpp"

namespace rocmfix {

/// Of `gpus`, those of KFD nodes that the variables leave; all of them where the variables name
/// GPUs in another way than by number, or no GPU has a node yet.
std::vector<Gpu> visible_gpus(const std::vector<Gpu>& gpus, const Environment& environment);

}  // namespace rocmfix
