// SPDX-License-Identifier: MIT
#include "gpu/kernels.hpp"

#include <array>
#include <cstring>

#include "control/configuration.hpp"
#include "control/faults.hpp"
#include "control/journal.hpp"
#include "gpu/kernel_effect.hpp"
#include "gpu/queue.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim {

namespace {

/// hsa_kernel_dispatch_packet_t
struct Dispatch {
  std::uint16_t header, setup;
  std::uint16_t workgroup[3], reserved0;
  std::uint32_t grid[3];
  std::uint32_t private_size, group_size;
  std::uint64_t kernel_object, kernarg, reserved2, completion;
};
static_assert(sizeof(Dispatch) == 64);

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

void note(const Queue& queue, const Dispatch& packet, std::string_view name, bool performed) {
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

bool dispatch_kernel(Queue& queue, const char* bytes) {
  Dispatch packet{};
  std::memcpy(&packet, bytes, sizeof packet);
  if (!queue.process().faults().before_packet(queue)) {
    return false;
  }
  Process& process = queue.process();
  const unsigned gpu = queue.parameters().gpu;
  Effect effect;
  std::string name;
  if (const auto info = find_kernel_info(process, gpu, packet.kernel_object)) {
    name = info->name;
    effect = perform_named(queue, *info, packet.kernarg);
  } else if (const auto kernel = rocr_kernel_at(process, gpu, packet.kernel_object);
             kernel != RocrKernel::none) {
    name = rocr_name(kernel);
    effect = perform_rocr(process, gpu, kernel, packet.kernarg);
  }
  note(queue, packet, name, effect.known);
  if (effect.fault) {
    queue.fault(*effect.fault, name);
    return false;
  }
  if (effect.known) {
    return true;
  }
  if (name.empty()) {
    name = formatted("without a name at {:#x}", packet.kernel_object);
  }
  if (configuration()->complete_unknown_kernels) {
    complain(formatted("warning: kernel {} was not executed, and is reported as done", name));
    return true;
  }
  queue.refuse(packet.kernel_object, formatted("kernel {} cannot be executed here", name));
  return false;
}

}  // namespace rocmfix::sim
