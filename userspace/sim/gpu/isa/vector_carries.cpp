// SPDX-License-Identifier: MIT
// VALU: instructions with a second, scalar result or source: carries, v_mad_u64_u32, v_cndmask_b32;
// and swaps and relative moves.
#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

// v_add_co_u32 dst, carry out, a, b[, carry in]; a result's bit 32 is the carry or the borrow.
template <auto F, bool CarryIn>
void run_carry(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<u32> a(wave, in, 2, 0, active);
  const Source<u32> b(wave, in, 3, 1, active);
  const LaneMask carry_in = CarryIn ? mask_of(wave, in.operands[4]) : 0;
  LaneMask carry_out = 0;
  each(active, [&](unsigned lane) {
    const u64 result = F(u64{a[lane]}, u64{b[lane]}, carry_in >> lane & 1U);
    const bool over = (result >> 32U & 1U) != 0;
    auto value = static_cast<u32>(result);
    if (in.clamp && over) {
      value = static_cast<i64>(result) < 0 ? 0 : ~0U;
    }
    carry_out |= static_cast<LaneMask>(over) << lane;
    write_lane<u32>(wave, in, 0, 2, lane, value);
  });
  wave.set_mask_at(in.operands[1].index, carry_out);
}

void add_carries(Table& t) {
  constexpr auto add = [](u64 a, u64 b, u64 carry) { return a + b + carry; };
  constexpr auto subtract = [](u64 a, u64 b, u64 borrow) { return a - b - borrow; };
  constexpr auto subtract_reversed = [](u64 a, u64 b, u64 borrow) { return b - a - borrow; };
  t.add("v_add_co_u32", run_carry<add, false>);
  t.add("v_sub_co_u32", run_carry<subtract, false>);
  t.add("v_subrev_co_u32", run_carry<subtract_reversed, false>);
  t.add("v_add_co_ci_u32", run_carry<add, true>);
  t.add("v_sub_co_ci_u32", run_carry<subtract, true>);
  t.add("v_subrev_co_ci_u32", run_carry<subtract_reversed, true>);
}

template <class Wide, class Narrow>
u64 wide_mad(Narrow a, Narrow b, Wide c, bool& carry) {
  Wide sum = 0;
  carry = __builtin_add_overflow(static_cast<Wide>(a) * static_cast<Wide>(b), c, &sum);
  return static_cast<u64>(sum);
}

// v_cndmask_b32 dst, if 0, if 1, mask (SDWA and DPP leave the mask out in some versions: vcc)
template <class T>
void run_select(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const LaneMask mask = in.count > 3 ? mask_of(wave, in.operands[3]) : wave.mask_at(vcc_lo);
  const Source<T> zero(wave, in, 1, 0, active);
  const Source<T> one(wave, in, 2, 1, active);
  each(active, [&](unsigned lane) {
    write_lane<T>(wave, in, 0, 2, lane, (mask >> lane & 1U) != 0 ? one[lane] : zero[lane]);
  });
}

void swap(Wave& wave, const Instruction& in) {
  LaneArray& a = wave.v[in.operands[0].index];
  LaneArray& b = wave.v[in.operands[1].index];
  each(wave.exec(), [&](unsigned lane) { std::swap(a[lane], b[lane]); });
}

// M0 is added to the number of the source (movrels), of the destination (movreld), or of both.
template <bool From, bool To>
void move_relative(Wave& wave, const Instruction& in) {
  const u32 from = in.operands[1].index + (From ? wave.s[m0] : 0);
  const u32 to = in.operands[0].index + (To ? wave.s[m0] : 0);
  if (from >= wave.v.size() || to >= wave.v.size()) {
    return;
  }
  const bool vector = in.operands[1].kind == Operand::Kind::vector;
  each(wave.exec(), [&](unsigned lane) {
    wave.v[to][lane] = vector ? wave.v[from][lane] : scalar32(wave, in.operands[1]);
  });
}

}  // namespace

void add_vector_carries(Table& table) {
  add_carries(table);
  table.add("v_mad_u64_u32", run_with_bits<wide_mad<u64, u32>, u64, u32, u64>);
  table.add("v_mad_i64_i32", run_with_bits<wide_mad<i64, i32>, u64, i32, i64>);
  table.add("v_cndmask_b32", run_select<u32>);
  table.add("v_swap_b32", swap);
  table.add("v_movrels_b32", move_relative<true, false>);
  table.add("v_movreld_b32", move_relative<false, true>);
  table.add("v_movrelsd_b32", move_relative<true, true>);
}

}  // namespace rocmfix::sim::isa
