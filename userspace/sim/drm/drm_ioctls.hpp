// SPDX-License-Identifier: MIT
// The ioctls of a render node that libdrm_amdgpu makes for ROCm: what the device is, and buffers
// that come as dma-bufs and are mapped by GEM_VA. No command submission: that is graphics.
#pragma once

namespace rocmfix::sim {

/// Returns what ioctl(2) returns, errno set.
int drm_ioctl(unsigned gpu, unsigned long request, void* argument);

}  // namespace rocmfix::sim
