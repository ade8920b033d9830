// SPDX-License-Identifier: MIT
// SMEM: scalar loads, from addresses and from buffers.
#include <algorithm>

#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

namespace {

// A register or a constant, and a constant after a register ("s5 offset:0x10").
std::int64_t offset_of(const Wave& wave, const Instruction& in) {
  const Operand& operand = in.operands[2];
  if (operand.kind == Operand::Kind::scalar) {
    return std::int64_t{operand.index == null_register ? 0 : wave.s[operand.index]} + in.offset;
  }
  return operand.integer + in.offset;
}

void load(Wave& wave, const Instruction& in, u64 address, std::size_t bytes) {
  std::array<u32, 16> words{};
  const Policy policy{in.glc, in.dlc, in.slc, true};
  if (bytes > 0 && !wave.group->memory->read(address, words.data(), bytes, policy)) {
    wave.memory_fault();
    return;
  }
  for (unsigned i = 0; i < in.operands[0].size; ++i) {
    wave.set32(in.operands[0].index + i, words.at(i));
  }
}

void load_scalar(Wave& wave, const Instruction& in) {
  const u64 base = scalar64(wave, in.operands[1]);
  const u64 address = base + static_cast<u64>(offset_of(wave, in));
  load(wave, in, address & ~u64{3}, std::size_t{in.operands[0].size} * 4);
}

// What is beyond the buffer's end reads as 0.
void load_buffer(Wave& wave, const Instruction& in) {
  const unsigned resource = in.operands[1].index;
  const u64 base = wave.s[resource] | u64{wave.s[resource + 1] & 0xffffU} << 32U;
  const u32 stride = wave.s[resource + 1] >> 16U & 0x3fffU;
  const u64 size = u64{wave.s[resource + 2]} * std::max(stride, 1U);
  const u64 offset = static_cast<u64>(offset_of(wave, in)) & ~u64{3};
  const u64 wanted = u64{in.operands[0].size} * 4;
  load(wave, in, base + offset, offset >= size ? 0 : std::min(wanted, size - offset));
}

}  // namespace

void add_scalar_memory(Table& table) {
  for (const char* const suffix : {"dword", "dwordx2", "dwordx4", "dwordx8", "dwordx16"}) {
    table.add(std::string("s_load_") + suffix, load_scalar);
    table.add(std::string("s_buffer_load_") + suffix, load_buffer);
  }
}

}  // namespace rocmfix::sim::isa
