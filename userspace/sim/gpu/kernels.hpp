// SPDX-License-Identifier: MIT
// Kernel dispatches. The runtime's own kernels for copying and filling are recognised and their
// effect is done by hand (ROCclr's by name and argument metadata, ROCr's by their first
// instructions). All others are executed (execution.hpp), or, as ROCMFIX_SIM_KERNELS says, end as a
// GPU fault or are skipped with a warning.
#pragma once

#include <cstdint>

namespace rocmfix::sim {

class Queue;

/// `packet` is hsa_kernel_dispatch_packet_t, the queue's `index`th. false: it ended in a fault, the
/// queue goes no further.
bool dispatch_kernel(Queue& queue, const char* packet, std::uint64_t index);

}  // namespace rocmfix::sim
