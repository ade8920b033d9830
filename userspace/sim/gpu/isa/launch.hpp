// SPDX-License-Identifier: MIT
// A kernel dispatch: registers as the kernel descriptor asks for them (AMDGPUUsage, "Initial Kernel
// Execution State"), and its workgroups on the processor's threads. A workgroup's waves take turns
// on one thread; all workgroups that are resident make progress.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gpu/isa/memory.hpp"
#include "gpu/isa/program.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

/// llvm::amdhsa::kernel_descriptor_t
struct KernelDescriptor {
  std::uint32_t group_size = 0, private_size = 0, kernarg_size = 0;
  std::array<std::uint8_t, 4> reserved0{};
  std::int64_t entry_offset = 0;
  std::array<std::uint8_t, 20> reserved1{};
  std::uint32_t rsrc3 = 0, rsrc1 = 0, rsrc2 = 0;
  std::uint16_t properties = 0, kernarg_preload = 0;
  std::array<std::uint8_t, 4> reserved2{};
  [[nodiscard]] bool wave32() const { return (properties >> 10U & 1U) != 0; }
};
static_assert(sizeof(KernelDescriptor) == 64);

struct Launch {
  std::array<std::uint32_t, 3> grid{}, workgroup{};
  std::uint32_t private_size = 0, group_size = 0;
  std::uint64_t descriptor = 0, kernarg = 0, packet = 0, queue = 0, dispatch_id = 0;
  unsigned threads = 1;
  std::uint64_t instruction_limit = ~std::uint64_t{0};  ///< of waves
  unsigned resident = 64;                               ///< workgroups that run at the same time
  std::function<std::unique_ptr<Memory>()> memory;      ///< one a thread
  std::function<bool()> cancelled;
  std::function<void(std::uint32_t)> interrupt;
};

struct Outcome {
  Stop stop;  ///< end: all of it was executed
  bool cancelled = false;
  std::uint64_t instructions = 0;       ///< of waves
  std::uint64_t lane_instructions = 0;  ///< times their active lanes
};

/// `what` is what is wrong with a dispatch that hardware would not start; else empty.
std::string check_launch(const KernelDescriptor& descriptor, const Launch& launch);

Outcome execute(Program& program, const KernelDescriptor& descriptor, const Launch& launch);

}  // namespace rocmfix::sim::isa
