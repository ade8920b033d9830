// SPDX-License-Identifier: MIT
#include "gpu/execution.hpp"

#include <algorithm>
#include <thread>

#include "control/configuration.hpp"
#include "control/journal.hpp"
#include "gpu/gpu_caches.hpp"
#include "gpu/isa/launch.hpp"
#include "gpu/page_memory.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

using isa::Stop;

// Decoded before and still the same, or a new one. nullptr: `reason` says why.
std::shared_ptr<isa::Program> program_of(Process& process, unsigned gpu, std::uint64_t descriptor,
                                         bool wave64, std::string& reason) {
  DecodedKernels& decoded = *process.decoded;
  const std::lock_guard lock(decoded.mutex);
  auto& known = decoded.programs[{gpu, descriptor}];
  PageMemory memory(process.memory, gpu);
  if (known == nullptr || !known->is_current(memory)) {
    known = isa::Program::open(gfx_name(gpus()[gpu].card->gfx_target), wave64, reason);
  }
  return known;
}

isa::Launch launch_of(Queue& queue, const DispatchPacket& packet, std::uint64_t index) {
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  isa::Launch launch;
  for (unsigned i = 0; i < 3; ++i) {
    const bool used = i < (packet.setup & 3U);
    launch.grid.at(i) = used ? packet.grid[i] : 1;
    launch.workgroup.at(i) = used ? packet.workgroup[i] : 1;
  }
  launch.private_size = packet.private_size;
  launch.group_size = packet.group_size;
  launch.descriptor = packet.kernel_object;
  launch.kernarg = packet.kernarg;
  launch.packet = queue.parameters().ring + index * sizeof packet % queue.parameters().ring_size;
  launch.queue = queue.runtime_queue();
  launch.dispatch_id = index;
  launch.threads = std::max(1U, std::thread::hardware_concurrency());
  launch.resident = gpus()[gpu].card->cu * 2;
  launch.instruction_limit = configuration()->instruction_limit;
  launch.memory = [&process, gpu] { return memory_of_waves(process, gpu); };
  launch.cancelled = [&queue] { return queue.stopped(); };
  launch.interrupt = [&process](std::uint32_t event) { process.events.set(event); };
  return launch;
}

void note(const Queue& queue, const std::string& name, const isa::Outcome& outcome) {
  JournalLine("execution")
      .unsigned_number("gpu", gpus()[queue.parameters().gpu].gpu_id)
      .text("kernel", name)
      .unsigned_number("instructions", outcome.instructions)
      .unsigned_number("lane_instructions", outcome.lane_instructions);
}

void raise(Queue& queue, const std::string& name, const Stop& stop) {
  if (stop.why == Stop::Why::memory_fault) {
    MemoryFault fault{stop.fault.address, stop.fault.read_only};
    fault.no_execute = stop.fault.no_execute;
    queue.fault(fault, formatted("kernel {}, at {:#x}", name, stop.pc));
    return;
  }
  complain(stop.why == Stop::Why::limit
               ? formatted("error: kernel {}: {}", name, stop.what)
               : formatted("error: kernel {}, at {:#x}: {}", name, stop.pc, stop.what));
  switch (stop.why) {
    case Stop::Why::illegal_instruction:
      queue.raise_error(QueueError::illegal_instruction, stop.what);
      break;
    case Stop::Why::aperture_violation:
      queue.raise_error(QueueError::aperture_violation, stop.what);
      break;
    case Stop::Why::misaligned:
      queue.raise_error(QueueError::memory_violation, stop.what);
      break;
    default:
      queue.raise_error(QueueError::abort, stop.what);
  }
}

}  // namespace

Execution execute_kernel(Queue& queue, const DispatchPacket& packet, std::uint64_t index,
                         const std::string& name, std::string& reason) {
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  isa::KernelDescriptor descriptor;
  if (const auto bad =
          process.memory.read(gpu, packet.kernel_object, &descriptor, sizeof descriptor)) {
    queue.fault(*bad, "a kernel descriptor");
    return Execution::stopped;
  }
  const isa::Launch launch = launch_of(queue, packet, index);
  reason = isa::check_launch(descriptor, launch);
  const auto program =
      reason.empty() ? program_of(process, gpu, packet.kernel_object, !descriptor.wave32(), reason)
                     : nullptr;
  if (program == nullptr) {
    return Execution::impossible;
  }
  const isa::Outcome outcome = isa::execute(*program, descriptor, launch);
  note(queue, name, outcome);
  if (outcome.cancelled) {
    return Execution::stopped;
  }
  if (outcome.stop.why != Stop::Why::end) {
    raise(queue, name, outcome.stop);
    return Execution::stopped;
  }
  return Execution::done;
}

}  // namespace rocmfix::sim
