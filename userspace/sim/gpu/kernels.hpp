// SPDX-License-Identifier: MIT
// Kernel dispatches. No instruction of a GPU is executed here: the runtime's own kernels for
// copying and filling are recognised and their effect is done (ROCclr's by name and argument
// metadata, ROCr's by their first instructions). Any other kernel ends as a GPU fault or, if
// ROCMFIX_SIM_KERNELS=complete, is skipped with a warning.
#pragma once

namespace rocmfix::sim {

class Queue;

/// `packet` is hsa_kernel_dispatch_packet_t. false: it ended in a fault, the queue goes no further.
bool dispatch_kernel(Queue& queue, const char* packet);

}  // namespace rocmfix::sim
