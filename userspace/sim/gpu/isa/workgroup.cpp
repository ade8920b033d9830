// SPDX-License-Identifier: MIT
#include "gpu/isa/workgroup.hpp"

#include <algorithm>

namespace rocmfix::sim::isa {

namespace {

// Instructions of a wave before the next one has its turn.
constexpr unsigned turn = 2000;
// Registers that a multi-word operand at v255 would reach are there too.
constexpr unsigned vector_registers = 256 + 16;

// kernel_code_properties
enum Property : std::uint8_t {
  private_segment_buffer = 0,
  dispatch_pointer = 1,
  queue_pointer = 2,
  kernarg_pointer = 3,
  dispatch_number = 4,
  flat_scratch_init = 5,
  private_segment_size = 6,
};

// The resource for scratch: as the runtime makes it, but for the base, which is nobody's memory.
std::array<u32, 4> scratch_resource() {
  constexpr u32 swizzle = 1U << 31U;
  constexpr u32 add_thread = 1U << 23U;
  return {static_cast<u32>(scratch_base), static_cast<u32>(scratch_base >> 32U) | swizzle, ~0U,
          add_thread | 2U << 28U};
}

u32 initial_mode(const KernelDescriptor& descriptor) {
  const u32 rounding_and_denormals = descriptor.rsrc1 >> 12U & 0xffU;
  const u32 dx10_clamp = descriptor.rsrc1 >> 21U & 1U;
  const u32 ieee = descriptor.rsrc1 >> 23U & 1U;
  return rounding_and_denormals | dx10_clamp << 8U | ieee << 9U;
}

void run_turn(Wave& wave, Program& program, Memory& memory, Program::Cursor& cursor,
              Counts& counts) {
  if (wave.in_flight != nullptr) {
    memory.enter(wave.in_flight->port.get());
  }
  for (unsigned i = 0; i < turn && wave.running(); ++i) {
    const Instruction* const in = program.at(wave.pc, cursor, memory);
    if (in == nullptr) {
      wave.stop.pc = wave.pc;
      wave.memory_fault();
      wave.stop.fault.no_execute = true;
      return;
    }
    wave.stop.pc = wave.pc;
    wave.pc += in->size;
    ++counts.instructions;
    counts.lane_instructions += static_cast<unsigned>(__builtin_popcountll(wave.exec()));
    in->run(wave, *in);
    wave.s[null_register] = 0;
  }
  if (wave.in_flight != nullptr && !wave.running()) {
    memory.wait_stores(0);  // one that has ended or waits for others has nothing under way
  }
}

}  // namespace

void Workgroup::init_scalars(Wave& wave, const KernelDescriptor& descriptor, const Launch& launch,
                             const std::array<u32, 3>& id) {
  unsigned next = 0;
  const auto has = [&](Property property) { return (descriptor.properties >> property & 1U) != 0; };
  const auto put = [&](u32 value) { wave.s[next++] = value; };
  const auto put64 = [&](u64 value) {
    put(static_cast<u32>(value));
    put(static_cast<u32>(value >> 32U));
  };
  if (has(private_segment_buffer)) {
    for (const u32 word : scratch_resource()) {
      put(word);
    }
  }
  const std::pair<Property, u64> pointers[] = {{dispatch_pointer, launch.packet},
                                               {queue_pointer, launch.queue},
                                               {kernarg_pointer, launch.kernarg},
                                               {dispatch_number, launch.dispatch_id},
                                               {flat_scratch_init, scratch_base}};
  for (const auto& [property, value] : pointers) {
    if (has(property)) {
      put64(value);
    }
  }
  if (has(private_segment_size)) {
    put(launch.private_size);
  }
  next = descriptor.rsrc2 >> 1U & 0x1fU;  // the number of user registers
  for (unsigned i = 0; i < 3; ++i) {
    if ((descriptor.rsrc2 >> (7U + i) & 1U) != 0) {
      put(id.at(i));
    }
  }
  if ((descriptor.rsrc2 >> 10U & 1U) != 0) {
    put(static_cast<u32>(waves_.size()));
  }
  if ((descriptor.rsrc2 & 1U) != 0) {
    put(wave.id * wave.private_size * wave.lanes);
  }
}

Workgroup::Workgroup(const KernelDescriptor& descriptor, const Launch& launch,
                     std::array<u32, 3> id)
    : id_(id), both_units_((descriptor.rsrc1 >> 29U & 1U) != 0) {  // WGP_MODE
  const unsigned lanes = descriptor.wave32() ? 32 : 64;
  std::array<u32, 3> size{};  // a grid need not be whole workgroups
  for (unsigned i = 0; i < 3; ++i) {
    size.at(i) =
        std::min(launch.workgroup.at(i), launch.grid.at(i) - id.at(i) * launch.workgroup.at(i));
  }
  const u32 items = size[0] * size[1] * size[2];
  const unsigned count = (items + lanes - 1) / lanes;
  const u32 private_size = (launch.private_size + 3) / 4 * 4;
  group_.lds.resize(launch.group_size);
  group_.scratch.resize(std::size_t{private_size} * lanes * count);
  group_.interrupt = &launch.interrupt;
  for (unsigned i = 0; i < count; ++i) {
    auto wave = std::make_unique<Wave>();
    wave->lanes = lanes;
    wave->id = i;
    wave->group = &group_;
    wave->pc = launch.descriptor + static_cast<u64>(descriptor.entry_offset);
    wave->mode = initial_mode(descriptor);
    wave->private_size = private_size;
    wave->flat_scratch = scratch_base + u64{private_size} * lanes * i;
    wave->v.resize(vector_registers);
    const u32 first = i * lanes;
    const u32 active = std::min(items - first, lanes);
    wave->set_exec(active == 64 ? ~u64{0} : (u64{1} << active) - 1);
    for (u32 lane = 0; lane < active; ++lane) {
      const u32 item = first + lane;
      wave->v[0][lane] = item % size[0];
      wave->v[1][lane] = item / size[0] % size[1];
      wave->v[2][lane] = item / size[0] / size[1];
    }
    init_scalars(*wave, descriptor, launch, id);
    waves_.push_back(std::move(wave));
  }
}

bool Workgroup::release_barrier() {
  bool alive = false;
  for (const auto& wave : waves_) {
    if (wave->running()) {
      return true;
    }
    alive = alive || wave->stop.why == Stop::Why::barrier;
  }
  for (const auto& wave : waves_) {
    if (wave->stop.why == Stop::Why::barrier) {
      wave->stop.why = Stop::Why::running;
    }
  }
  return alive;
}

void Workgroup::take_seat(Wave& wave, Memory& memory) const {
  if (auto port = memory.port({id_, wave.id, both_units_})) {
    wave.in_flight = std::make_unique<InFlight>();
    wave.in_flight->port = std::move(port);
  }
}

bool Workgroup::run(Program& program, Memory& memory, Program::Cursor& cursor, Counts& counts) {
  group_.memory = &memory;
  for (const auto& wave : waves_) {
    if (!wave->running()) {
      continue;
    }
    if (!seated_) {
      take_seat(*wave, memory);
    }
    run_turn(*wave, program, memory, cursor, counts);
    if (!wave->running() && wave->stop.why != Stop::Why::end &&
        wave->stop.why != Stop::Why::barrier) {
      problem_ = &wave->stop;
      return false;
    }
  }
  seated_ = true;
  return release_barrier();
}

}  // namespace rocmfix::sim::isa
