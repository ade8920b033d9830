// SPDX-License-Identifier: MIT
// DS: LDS, and the permutations that use its crossbar. Beyond a workgroup's LDS reads are 0 and
// writes are dropped, as hardware does it. No GDS.
#include <bit>
#include <cstring>

#include "gpu/isa/atomics.hpp"
#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

namespace {

void copy_out(const Wave& wave, u64 at, void* out, std::size_t size) {
  const auto& lds = wave.group->lds;
  if (at + size <= lds.size()) {
    std::memcpy(out, lds.data() + at, size);
  } else {
    std::memset(out, 0, size);
  }
}
void copy_in(Wave& wave, u64 at, const void* in, std::size_t size) {
  auto& lds = wave.group->lds;
  if (at + size <= lds.size()) {
    std::memcpy(lds.data() + at, in, size);
  }
}

bool refuse_gds(Wave& wave, const Instruction& in) {
  if (in.gds) {
    wave.halt(Stop::Why::illegal_instruction, "GDS is not modelled: " + in.text);
  }
  return in.gds;
}

// Addresses are of 32 bits, and wrap: compilers put a negative register before a positive offset.
u32 wrapped(u32 base, std::int32_t offset, u32 unit) {
  return base + static_cast<u32>(offset) * unit;
}
u32 address(const Wave& wave, const Instruction& in, unsigned operand, unsigned lane) {
  return wrapped(wave.v[in.operands[operand].index][lane], in.offset, 1);
}

enum class Half : std::uint8_t { none, low, high };

template <class T>
u32 extended(T value) {
  if constexpr (std::is_signed_v<T>) {
    return static_cast<u32>(std::int32_t{value});
  } else {
    return value;
  }
}

// T: what memory has; sign-extended if T has a sign.
template <class T, unsigned Words, Half Where>
void run_read(Wave& wave, const Instruction& in) {
  if (refuse_gds(wave, in)) {
    return;
  }
  each(wave.exec(), [&](unsigned lane) {
    std::array<T, Words> values{};
    copy_out(wave, address(wave, in, 1, lane), values.data(), sizeof values);
    for (unsigned i = 0; i < Words; ++i) {
      u32& out = wave.v[in.operands[0].index + i][lane];
      const u32 value = extended(values.at(i));
      out = Where == Half::none  ? value
            : Where == Half::low ? (out & 0xffff0000U) | (value & 0xffffU)
                                 : (out & 0xffffU) | value << 16U;
    }
  });
}

template <class T, unsigned Words, bool High>
void run_write(Wave& wave, const Instruction& in) {
  if (refuse_gds(wave, in)) {
    return;
  }
  each(wave.exec(), [&](unsigned lane) {
    std::array<T, Words> values{};
    for (unsigned i = 0; i < Words; ++i) {
      values.at(i) = static_cast<T>(wave.v[in.operands[1].index + i][lane] >> (High ? 16U : 0U));
    }
    copy_in(wave, address(wave, in, 0, lane), values.data(), sizeof values);
  });
}

// Two places, whose offsets are in elements, or in 64 of them.
template <unsigned Words, unsigned Stride>
void run_read2(Wave& wave, const Instruction& in) {
  if (refuse_gds(wave, in)) {
    return;
  }
  constexpr u32 unit = Words * 4 * Stride;
  each(wave.exec(), [&](unsigned lane) {
    const u32 base = wave.v[in.operands[1].index][lane];
    std::array<u32, std::size_t{Words} * 2> values{};
    constexpr std::size_t half_size = std::size_t{Words} * 4;
    copy_out(wave, wrapped(base, in.offset0, unit), values.data(), half_size);
    copy_out(wave, wrapped(base, in.offset1, unit), values.data() + Words, half_size);
    for (unsigned i = 0; i < Words * 2; ++i) {
      wave.v[in.operands[0].index + i][lane] = values.at(i);
    }
  });
}
template <unsigned Words, unsigned Stride>
void run_write2(Wave& wave, const Instruction& in) {
  if (refuse_gds(wave, in)) {
    return;
  }
  constexpr u32 unit = Words * 4 * Stride;
  each(wave.exec(), [&](unsigned lane) {
    const u32 base = wave.v[in.operands[0].index][lane];
    for (unsigned which = 0; which < 2; ++which) {
      std::array<u32, Words> values{};
      for (unsigned i = 0; i < Words; ++i) {
        values.at(i) = wave.v[in.operands[1 + which].index + i][lane];
      }
      copy_in(wave, wrapped(base, which == 0 ? in.offset0 : in.offset1, unit), values.data(),
              sizeof values);
    }
  });
}

// ds_cmpst has the value to compare first.
template <auto F, class T, bool Returns, bool Compares>
void run_atomic(Wave& wave, const Instruction& in) {
  if (refuse_gds(wave, in)) {
    return;
  }
  constexpr unsigned first = Returns ? 1 : 0;
  each(wave.exec(), [&](unsigned lane) {
    const u32 at = address(wave, in, first, lane);
    const T one = lane_value<T>(wave, in.operands[first + 1].index, lane);
    const T two = Compares ? lane_value<T>(wave, in.operands[first + 2].index, lane) : T{0};
    T old = 0;
    copy_out(wave, at, &old, sizeof old);
    const T changed = Compares ? F(old, two, one) : F(old, one, two);
    copy_in(wave, at, &changed, sizeof changed);
    if (Returns) {
      wave.v[in.operands[0].index][lane] = static_cast<u32>(old);
      if constexpr (sizeof(T) == 8) {
        wave.v[in.operands[0].index + 1U][lane] = static_cast<u32>(old >> 32U);
      }
    }
  });
}

template <auto F, class T, bool Compares = false>
void add_atomic(Table& t, const std::string& name, const std::string& suffix) {
  t.add("ds_" + name + "_" + suffix, run_atomic<F, T, false, Compares>);
  t.add("ds_" + name + "_rtn_" + suffix, run_atomic<F, T, true, Compares>);
}

template <class T>
void add_atomics(Table& t, const std::string& width) {
  using Operations = atomic::Operations<T>;
  add_atomic<Operations::add, T>(t, "add", "u" + width);
  add_atomic<Operations::subtract, T>(t, "sub", "u" + width);
  add_atomic<Operations::reverse_subtract, T>(t, "rsub", "u" + width);
  add_atomic<Operations::increment, T>(t, "inc", "u" + width);
  add_atomic<Operations::decrement, T>(t, "dec", "u" + width);
  add_atomic<Operations::signed_min, T>(t, "min", "i" + width);
  add_atomic<Operations::signed_max, T>(t, "max", "i" + width);
  add_atomic<Operations::unsigned_min, T>(t, "min", "u" + width);
  add_atomic<Operations::unsigned_max, T>(t, "max", "u" + width);
  add_atomic<Operations::bit_and, T>(t, "and", "b" + width);
  add_atomic<Operations::bit_or, T>(t, "or", "b" + width);
  add_atomic<Operations::bit_xor, T>(t, "xor", "b" + width);
  add_atomic<Operations::real_min, T>(t, "min", "f" + width);
  add_atomic<Operations::real_max, T>(t, "max", "f" + width);
  add_atomic<Operations::compare_swap, T, true>(t, "cmpst", "b" + width);
  add_atomic<Operations::real_compare_swap, T, true>(t, "cmpst", "f" + width);
  t.add("ds_wrxchg_rtn_b" + width, run_atomic<Operations::swap, T, true, false>);
}

// ds_permute: each lane sends to the lane that its address names; the highest sender wins.
// ds_bpermute: each lane reads from there. Addresses are in bytes. A wave of 64 lanes is two of 32
// for both.
void permute(Wave& wave, const Instruction& in) {
  LaneArray result{};
  each(wave.exec(), [&](unsigned lane) {
    const u32 to = lane / 32 * 32 + address(wave, in, 1, lane) / 4 % 32;
    result.at(to) = wave.v[in.operands[2].index][lane];
  });
  each(wave.exec(), [&](unsigned lane) { wave.v[in.operands[0].index][lane] = result.at(lane); });
}
// From an inactive lane comes 0.
void permute_backwards(Wave& wave, const Instruction& in) {
  LaneArray result{};
  each(wave.exec(), [&](unsigned lane) {
    const auto from = static_cast<unsigned>(lane / 32 * 32 + address(wave, in, 1, lane) / 4 % 32);
    const bool there = (wave.exec() >> from & 1U) != 0;
    result.at(lane) = there ? wave.v[in.operands[2].index][from] : 0;
  });
  each(wave.exec(), [&](unsigned lane) { wave.v[in.operands[0].index][lane] = result.at(lane); });
}

unsigned swizzled_lane(u32 pattern, unsigned lane) {
  constexpr u32 quads = 0x8000;
  if ((pattern & quads) != 0) {
    return lane / 4 * 4 + (pattern >> lane % 4 * 2 & 3U);
  }
  const u32 in_half =
      ((lane % 32 & (pattern & 31U)) | (pattern >> 5U & 31U)) ^ (pattern >> 10U & 31U);
  return lane / 32 * 32 + in_half;
}
void swizzle(Wave& wave, const Instruction& in) {
  const LaneArray from = wave.v[in.operands[1].index];
  constexpr u32 rotations = 0xc000;
  const u32 pattern = in.words[0] & 0xffffU;
  each(wave.exec(), [&](unsigned lane) {
    unsigned source = swizzled_lane(pattern, lane);
    if (pattern >= rotations) {  // rotate: direction in bit 10, distance in bits 5 to 9
      const u32 distance = pattern >> 5U & 31U;
      const u32 mask = pattern & 31U;
      const u32 moved = (pattern >> 10U & 1U) != 0 ? lane - distance : lane + distance;
      source = lane / 32 * 32 + ((lane & mask) | (moved & ~mask & 31U));
    }
    const bool there = (wave.exec() >> source & 1U) != 0;
    wave.v[in.operands[0].index][lane] = there ? from.at(source) : 0;
  });
}

// ds_append, ds_consume: a counter at M0's base, once for all active lanes.
template <int Sign>
void count_lanes(Wave& wave, const Instruction& in) {
  if (refuse_gds(wave, in)) {
    return;
  }
  const u64 at = u64{wave.s[m0] & 0xffffU} + static_cast<u64>(in.offset);
  u32 old = 0;
  copy_out(wave, at, &old, sizeof old);
  const u32 changed = old + static_cast<u32>(Sign * std::popcount(wave.exec()));
  copy_in(wave, at, &changed, sizeof changed);
  each(wave.exec(), [&](unsigned lane) { wave.v[in.operands[0].index][lane] = old; });
}

void add_reads(Table& t) {
  t.add("ds_read_b32", run_read<u32, 1, Half::none>);
  t.add("ds_read_b64", run_read<u32, 2, Half::none>);
  t.add("ds_read_b96", run_read<u32, 3, Half::none>);
  t.add("ds_read_b128", run_read<u32, 4, Half::none>);
  t.add("ds_read_u8", run_read<std::uint8_t, 1, Half::none>);
  t.add("ds_read_i8", run_read<std::int8_t, 1, Half::none>);
  t.add("ds_read_u16", run_read<std::uint16_t, 1, Half::none>);
  t.add("ds_read_i16", run_read<std::int16_t, 1, Half::none>);
  t.add("ds_read_u8_d16", run_read<std::uint8_t, 1, Half::low>);
  t.add("ds_read_i8_d16", run_read<std::int8_t, 1, Half::low>);
  t.add("ds_read_u16_d16", run_read<std::uint16_t, 1, Half::low>);
  t.add("ds_read_u8_d16_hi", run_read<std::uint8_t, 1, Half::high>);
  t.add("ds_read_i8_d16_hi", run_read<std::int8_t, 1, Half::high>);
  t.add("ds_read_u16_d16_hi", run_read<std::uint16_t, 1, Half::high>);
  t.add("ds_read2_b32", run_read2<1, 1>);
  t.add("ds_read2_b64", run_read2<2, 1>);
  t.add("ds_read2st64_b32", run_read2<1, 64>);
  t.add("ds_read2st64_b64", run_read2<2, 64>);
}

void add_writes(Table& t) {
  t.add("ds_write_b32", run_write<u32, 1, false>);
  t.add("ds_write_b64", run_write<u32, 2, false>);
  t.add("ds_write_b96", run_write<u32, 3, false>);
  t.add("ds_write_b128", run_write<u32, 4, false>);
  t.add("ds_write_b8", run_write<std::uint8_t, 1, false>);
  t.add("ds_write_b16", run_write<std::uint16_t, 1, false>);
  t.add("ds_write_b8_d16_hi", run_write<std::uint8_t, 1, true>);
  t.add("ds_write_b16_d16_hi", run_write<std::uint16_t, 1, true>);
  t.add("ds_write2_b32", run_write2<1, 1>);
  t.add("ds_write2_b64", run_write2<2, 1>);
  t.add("ds_write2st64_b32", run_write2<1, 64>);
  t.add("ds_write2st64_b64", run_write2<2, 64>);
}

}  // namespace

void add_lds(Table& table) {
  add_reads(table);
  add_writes(table);
  add_atomics<u32>(table, "32");
  add_atomics<u64>(table, "64");
  add_atomic<atomic::Operations<u32>::real_add, u32>(table, "add", "f32");
  table.add("ds_permute_b32", permute);
  table.add("ds_bpermute_b32", permute_backwards);
  table.add("ds_swizzle_b32", swizzle);
  table.add("ds_append", count_lanes<1>);
  table.add("ds_consume", count_lanes<-1>);
  table.add("ds_nop", [](Wave&, const Instruction&) {});
}

}  // namespace rocmfix::sim::isa
