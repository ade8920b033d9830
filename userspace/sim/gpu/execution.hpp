// SPDX-License-Identifier: MIT
// A kernel that is not the runtime's own: its code is executed by the interpreter in gpu/isa, and
// what ends it early is reported as the driver and the hardware report it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gpu/isa/program.hpp"
#include "gpu/queue.hpp"

namespace rocmfix::sim {

/// Decoded kernels of a process, by GPU and descriptor.
struct DecodedKernels {
  std::mutex mutex;
  std::map<std::pair<unsigned, std::uint64_t>, std::shared_ptr<isa::Program>> programs;
};

/// hsa_kernel_dispatch_packet_t
struct DispatchPacket {
  std::uint16_t header, setup;
  std::uint16_t workgroup[3], reserved0;
  std::uint32_t grid[3];
  std::uint32_t private_size, group_size;
  std::uint64_t kernel_object, kernarg, reserved2, completion;
};
static_assert(sizeof(DispatchPacket) == 64);

enum class Execution : std::uint8_t {
  done,
  stopped,     ///< a fault or an error was raised, or the queue is being destroyed
  impossible,  ///< `reason` says why it was not begun
};

/// `index`: of the packet, since the queue was made.
Execution execute_kernel(Queue& queue, const DispatchPacket& packet, std::uint64_t index,
                         const std::string& name, std::string& reason);

}  // namespace rocmfix::sim
