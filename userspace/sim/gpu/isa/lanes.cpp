// SPDX-License-Identifier: MIT
// DPP and SDWA, by the encodings of the RDNA instruction set's manuals (chapter "Microcode
// formats").
#include "gpu/isa/lanes.hpp"

namespace rocmfix::sim::isa {

namespace {

constexpr unsigned row = 16;

// The lane that `lane` reads; -1: beyond its row.
int dpp_lane(std::uint32_t control, unsigned lane) {
  const unsigned first = lane / row * row;
  const unsigned in_row = lane % row;
  const unsigned count = control & 0xfU;
  if (control < 0x100) {  // quad_perm
    return static_cast<int>(lane / 4 * 4 + (control >> lane % 4 * 2 & 3U));
  }
  switch (control & 0x1f0U) {
    case 0x100:  // row_shl
      return in_row + count < row ? static_cast<int>(lane + count) : -1;
    case 0x110:  // row_shr
      return in_row >= count ? static_cast<int>(lane - count) : -1;
    case 0x120:  // row_ror
      return static_cast<int>(first + (in_row + row - count) % row);
    case 0x140:  // row_mirror, row_half_mirror
      return static_cast<int>(control == 0x140 ? first + 15 - in_row : lane / 8 * 8 + 7 - lane % 8);
    case 0x150:  // row_share
      return static_cast<int>(first + count);
    case 0x160:  // row_xmask
      return static_cast<int>(first + (in_row ^ count));
    default:
      return -1;
  }
}

LaneMask read_dpp8(const Wave& wave, const Instruction& in, const LaneArray& from, LaneArray& to) {
  constexpr std::uint32_t with_inactive = 0xea;
  const bool fetch_inactive = (in.words[0] & 0xffU) == with_inactive;
  const std::uint32_t selection = in.extension() >> 8U;
  for (unsigned lane = 0; lane < wave.lanes; ++lane) {
    const unsigned source = lane / 8 * 8 + (selection >> lane % 8 * 3 & 7U);
    const bool there = fetch_inactive || (wave.exec() >> source & 1U) != 0;
    to[lane] = there ? from[source] : 0;
  }
  return wave.all();
}

std::uint32_t select(std::uint32_t value, unsigned selection, bool sign) {
  if (selection < 4) {
    const auto byte = static_cast<std::uint8_t>(value >> selection * 8);
    return sign ? static_cast<std::uint32_t>(std::int32_t{static_cast<std::int8_t>(byte)}) : byte;
  }
  if (selection < 6) {
    const auto word = static_cast<std::uint16_t>(value >> (selection - 4) * 16);
    return sign ? static_cast<std::uint32_t>(std::int32_t{static_cast<std::int16_t>(word)}) : word;
  }
  return value;
}

// VOPC has its scalar destination where others have destination and output modifiers.
bool is_comparison(const Instruction& in) {
  return in.name.starts_with("v_cmp");
}

}  // namespace

LaneMask read_dpp(const Wave& wave, const Instruction& in, const LaneArray& from, LaneArray& to) {
  if (in.form == Instruction::Form::dpp8) {
    return read_dpp8(wave, in, from, to);
  }
  const std::uint32_t word = in.extension();
  const std::uint32_t control = word >> 8U & 0x1ffU;
  const bool fetch_inactive = (word >> 18U & 1U) != 0;
  const bool bound_control = (word >> 19U & 1U) != 0;
  LaneMask enabled = 0;
  for (unsigned lane = 0; lane < wave.lanes; ++lane) {
    const int source = dpp_lane(control, lane);
    const bool there =
        source >= 0 && (fetch_inactive || (wave.exec() >> static_cast<unsigned>(source) & 1U) != 0);
    to[lane] = there ? from[static_cast<unsigned>(source)] : 0;
    const bool rows = (word >> (28U + lane / row) & 1U) != 0;
    const bool banks = (word >> (24U + lane % row / 4) & 1U) != 0;
    enabled |= static_cast<LaneMask>((there || bound_control) && rows && banks) << lane;
  }
  return enabled;
}

void read_sdwa(const Instruction& in, unsigned number, const std::uint32_t* from,
               std::uint32_t constant, LaneArray& to) {
  const std::uint32_t bits = in.extension() >> (number == 0 ? 16U : 24U);
  const unsigned selection = bits & 7U;
  const bool sign = (bits >> 3U & 1U) != 0;
  for (unsigned lane = 0; lane < max_lanes; ++lane) {
    to[lane] = select(from == nullptr ? constant : from[lane], selection, sign);
  }
}

std::uint32_t write_sdwa(const Instruction& in, std::uint32_t old, std::uint32_t value) {
  if (is_comparison(in)) {
    return value;
  }
  enum : std::uint8_t { pad = 0, sign_extend = 1, preserve = 2 };
  const std::uint32_t word = in.extension();
  const unsigned selection = word >> 8U & 7U;
  const unsigned unused = word >> 11U & 3U;
  if (selection >= 6) {
    return value;
  }
  const unsigned shift = selection < 4 ? selection * 8 : (selection - 4) * 16;
  const unsigned width = selection < 4 ? 8 : 16;
  const std::uint32_t mask = ((1U << width) - 1) << shift;
  const std::uint32_t placed = value << shift & mask;
  if (unused == preserve) {
    return (old & ~mask) | placed;
  }
  if (unused == sign_extend && (value >> (width - 1) & 1U) != 0) {
    return placed | ~(mask | ((1U << shift) - 1));
  }
  return placed;
}

}  // namespace rocmfix::sim::isa
