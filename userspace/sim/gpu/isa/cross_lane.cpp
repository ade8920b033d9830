// SPDX-License-Identifier: MIT
// VALU: from lane to lane, and between lanes and scalar registers.
#include <bit>

#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

void read_first_lane(Wave& wave, const Instruction& in) {
  const LaneMask active = wave.exec();
  const auto lane = active == 0 ? 0U : static_cast<unsigned>(std::countr_zero(active));
  const Operand& from = in.operands[1];
  wave.set32(in.operands[0].index,
             from.kind == Operand::Kind::vector ? wave.v[from.index][lane] : scalar32(wave, from));
}

void read_lane(Wave& wave, const Instruction& in) {
  const u32 lane = scalar32(wave, in.operands[2]) & (wave.lanes - 1);
  const Operand& from = in.operands[1];
  wave.set32(in.operands[0].index,
             from.kind == Operand::Kind::vector ? wave.v[from.index][lane] : scalar32(wave, from));
}

void write_one_lane(Wave& wave, const Instruction& in) {
  const u32 lane = scalar32(wave, in.operands[2]) & (wave.lanes - 1);
  wave.v[in.operands[0].index][lane] = scalar32(wave, in.operands[1]);
}

// The lanes below this one that the mask has: of the lower or the upper half of a wave.
template <bool Upper>
void count_below(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<u32> mask(wave, in, 1, 0, active);
  const Source<u32> addend(wave, in, 2, 1, active);
  each(active, [&](unsigned lane) {
    const u64 below = (u64{1} << lane) - 1;
    const auto part = static_cast<u32>(Upper ? below >> 32U : below);
    write_lane<u32>(wave, in, 0, 2, lane,
                    static_cast<u32>(std::popcount(mask[lane] & part)) + addend[lane]);
  });
}

// Each lane of a row reads the lane of its row, or of the other row of a pair, that the 64 bits of
// the two scalar sources name for it. op_sel: fetch inactive lanes; inactive ones read as 0.
template <bool Other>
void permute_rows(Wave& wave, const Instruction& in) {
  const LaneArray from = wave.v[in.operands[1].index];
  const u64 selection = scalar32(wave, in.operands[2]) | u64{scalar32(wave, in.operands[3])} << 32U;
  const bool fetch_inactive = (in.op_sel & 1U) != 0;
  const bool bound_control = (in.op_sel & 2U) != 0;
  each(wave.exec(), [&](unsigned lane) {
    const unsigned row = (lane & ~15U) ^ (Other ? 16U : 0U);
    const auto source = static_cast<unsigned>(row + (selection >> lane % 16 * 4 & 15U));
    const bool there = fetch_inactive || (wave.exec() >> source & 1U) != 0;
    if (there || bound_control) {
      wave.v[in.operands[0].index][lane] = there ? from[source] : 0;
    }
  });
}

}  // namespace

void add_cross_lane(Table& table) {
  table.add("v_readfirstlane_b32", read_first_lane);
  table.add("v_readlane_b32", read_lane);
  table.add("v_writelane_b32", write_one_lane);
  table.add("v_mbcnt_lo_u32_b32", count_below<false>);
  table.add("v_mbcnt_hi_u32_b32", count_below<true>);
  table.add("v_permlane16_b32", permute_rows<false>);
  table.add("v_permlanex16_b32", permute_rows<true>);
}

}  // namespace rocmfix::sim::isa
