// SPDX-License-Identifier: MIT
#include "gpu/kernels.hpp"

#include <array>
#include <cstring>

#include "control/configuration.hpp"
#include "control/faults.hpp"
#include "control/journal.hpp"
#include "gpu/execution.hpp"
#include "gpu/kernel_effect.hpp"
#include "gpu/queue.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

// amd_kernel_code_t and the later kernel descriptor both have the entry's offset at 16.
constexpr std::uint64_t entry_offset_at = 16;

RocrKernel rocr_kernel_at(Process& process, unsigned gpu, std::uint64_t kernel_object) {
  std::int64_t offset = 0;
  std::array<std::uint32_t, 12> code{};
  if (process.memory.read(gpu, kernel_object + entry_offset_at, &offset, sizeof offset) ||
      process.memory.read(gpu, kernel_object + static_cast<std::uint64_t>(offset), code.data(),
                          sizeof code)) {
    return RocrKernel::none;
  }
  return recognise_rocr_kernel(code.data());
}

std::string_view rocr_name(RocrKernel kernel) {
  switch (kernel) {
    case RocrKernel::copy_aligned:
      return "ROCr CopyAligned";
    case RocrKernel::copy_misaligned:
      return "ROCr CopyMisaligned";
    case RocrKernel::fill:
      return "ROCr Fill";
    case RocrKernel::none:
      break;
  }
  return "";
}

Effect perform_named(Queue& queue, const KernelInfo& info, std::uint64_t kernarg) {
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  std::size_t size = 0;
  for (const KernelArgument& argument : info.arguments) {
    size = std::max(size, argument.offset + argument.size);
  }
  std::vector<char> bytes(size);
  if (size > 0) {
    if (const auto bad = process.memory.read(gpu, kernarg, bytes.data(), size)) {
      return {true, bad};
    }
  }
  return perform(process, gpu, info, Arguments(info.arguments, std::move(bytes)));
}

void note(const Queue& queue, const DispatchPacket& packet, std::string_view name, bool performed) {
  JournalLine("dispatch")
      .unsigned_number("gpu", gpus()[queue.parameters().gpu].gpu_id)
      .unsigned_number("queue", queue.parameters().id)
      .text("kernel", name)
      .numbers("grid", {packet.grid[0], packet.grid[1], packet.grid[2]})
      .hex("kernel_object", packet.kernel_object)
      .hex("kernarg", packet.kernarg)
      .raw("performed", performed ? "true" : "false");
}

}  // namespace

namespace {

// What the runtime's own kernels do is done by hand.
Effect perform_known(Queue& queue, const DispatchPacket& packet, std::string& name) {
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  if (const auto info = find_kernel_info(process, gpu, packet.kernel_object)) {
    name = info->name;
    return perform_named(queue, *info, packet.kernarg);
  }
  const RocrKernel kernel = rocr_kernel_at(process, gpu, packet.kernel_object);
  if (kernel != RocrKernel::none) {
    name = rocr_name(kernel);
    return perform_rocr(process, gpu, kernel, packet.kernarg);
  }
  return {};
}

bool dispatch_other(Queue& queue, const DispatchPacket& packet, std::uint64_t index,
                    const std::string& name) {
  const UnknownKernels how = configuration()->unknown_kernels;
  std::string reason = "ROCMFIX_SIM_KERNELS=fault";
  if (how == UnknownKernels::execute) {
    const Execution execution = execute_kernel(queue, packet, index, name, reason);
    note(queue, packet, name, execution == Execution::done);
    if (execution != Execution::impossible) {
      return execution == Execution::done;
    }
  } else {
    note(queue, packet, name, false);
  }
  if (how == UnknownKernels::complete) {
    complain(formatted("warning: kernel {} was not executed, and is reported as done", name));
    return true;
  }
  queue.refuse(packet.kernel_object,
               formatted("kernel {} cannot be executed here: {}", name, reason));
  return false;
}

}  // namespace

bool dispatch_kernel(Queue& queue, const char* bytes, std::uint64_t index) {
  DispatchPacket packet{};
  std::memcpy(&packet, bytes, sizeof packet);
  if (!queue.process().faults().before_packet(queue)) {
    return false;
  }
  std::string name;
  const Effect effect = perform_known(queue, packet, name);
  if (!effect.known) {
    if (name.empty()) {
      name = formatted("without a name at {:#x}", packet.kernel_object);
    }
    return dispatch_other(queue, packet, index, name);
  }
  note(queue, packet, name, true);
  if (effect.fault) {
    queue.fault(*effect.fault, name);
    return false;
  }
  return true;
}

}  // namespace rocmfix::sim
