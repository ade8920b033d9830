// SPDX-License-Identifier: MIT
// Buffers as file descriptors, for KFD's and DRM's dma-buf calls.
#pragma once

#include <memory>

#include "gpu/buffer.hpp"

namespace rocmfix::sim {

/// A descriptor, or a negative errno.
int share_buffer(const std::shared_ptr<Buffer>& buffer);
/// nullptr: it is none, or the buffer is gone.
std::shared_ptr<Buffer> shared_buffer(int fd);

}  // namespace rocmfix::sim
