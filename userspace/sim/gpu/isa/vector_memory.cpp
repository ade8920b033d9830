// SPDX-License-Identifier: MIT
// FLAT, GLOBAL, SCRATCH and MUBUF: loads and stores.
#include "gpu/isa/addressing.hpp"
#include "gpu/isa/table.hpp"
#include "gpu/isa/waits.hpp"

namespace rocmfix::sim::isa {

namespace {

// How memory and register differ: a part of a word, with its sign or without, in a half or whole.
enum class Part : std::uint8_t { words, ubyte, sbyte, ushort, sshort };
enum class Half : std::uint8_t { none, low, high };

constexpr unsigned bytes_of(Part part, unsigned words) {
  return part == Part::words ? words * 4 : part == Part::ubyte || part == Part::sbyte ? 1 : 2;
}

constexpr u32 extended(Part part, u32 value) {
  switch (part) {
    case Part::sbyte:
      return static_cast<u32>(std::int32_t{static_cast<std::int8_t>(value)});
    case Part::sshort:
      return static_cast<u32>(std::int32_t{static_cast<std::int16_t>(value)});
    default:
      return value;
  }
}

constexpr u32 placed(Half part, u32 old, u32 value) {
  return part == Half::none  ? value
         : part == Half::low ? (old & 0xffff0000U) | (value & 0xffffU)
                             : (old & 0xffffU) | value << 16U;
}

template <Part What, unsigned Words, Half Where16>
void put_words(Wave& wave, const Instruction& in, unsigned lane, const std::array<u32, 4>& words) {
  for (unsigned i = 0; i < Words; ++i) {
    u32& out = wave.v[in.operands[0].index + i][lane];
    out = placed(Where16, out, extended(What, words.at(i)));
  }
}

// What cannot be read any more keeps the value that it has.
template <Part What, unsigned Words, Half Where16>
void finish_load(Wave& wave, LoadInFlight& load, bool reads) {
  std::size_t next = 0;
  each(load.lanes, [&](unsigned lane) {
    LoadInFlight::Value& value = load.values.at(next++);
    auto words = value.words;
    if (reads && wave.group->memory->read(value.address, words.data(), bytes_of(What, Words),
                                          policy_of(*load.in))) {
      value.words = words;
    }
    put_words<What, Words, Where16>(wave, *load.in, lane, value.words);
  });
}

template <Space Where, Part What, unsigned Words, Half Where16>
void run_load(Wave& wave, const Instruction& in) {
  constexpr unsigned size = bytes_of(What, Words);
  if (in.lds) {
    wave.halt(Stop::Why::illegal_instruction, "loads into LDS are not modelled");
    return;
  }
  LoadInFlight* const flight = begin_load(wave, in, finish_load<What, Words, Where16>);
  // The address may be in the registers that are loaded: lane by lane, all of it is read first.
  for (LaneMask left = wave.exec(); left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctzll(left));
    std::array<u32, 4> words{};
    const Place place = locate(wave, in, Where, 1, lane, size);
    if (!read_place(wave, in, place, words.data(), size)) {
      return;
    }
    if (flight != nullptr && place.kind == Place::Kind::memory) {
      flight->lanes |= LaneMask{1} << lane;
      flight->values.push_back({place.address, words});
    }
    put_words<What, Words, Where16>(wave, in, lane, words);
  }
}

template <Space Where, Part What, unsigned Words, Half Where16>
void run_store(Wave& wave, const Instruction& in) {
  constexpr unsigned size = bytes_of(What, Words);
  constexpr unsigned data = Where == Space::buffer ? 0 : 1;
  constexpr unsigned address = Where == Space::buffer ? 1 : 0;
  begin_store(wave, true);
  for (LaneMask left = wave.exec(); left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctzll(left));
    std::array<u32, 4> words{};
    for (unsigned i = 0; i < Words; ++i) {
      words.at(i) = wave.v[in.operands[data].index + i][lane];
    }
    words[0] >>= Where16 == Half::high ? 16U : 0U;
    const Place place = locate(wave, in, Where, address, lane, size);
    if (!write_place(wave, place, words.data(), size)) {
      return;
    }
  }
}

template <Space Where>
void add_space(Table& t, const std::string& prefix) {
  t.add(prefix + "load_dword", run_load<Where, Part::words, 1, Half::none>);
  t.add(prefix + "load_dwordx2", run_load<Where, Part::words, 2, Half::none>);
  t.add(prefix + "load_dwordx3", run_load<Where, Part::words, 3, Half::none>);
  t.add(prefix + "load_dwordx4", run_load<Where, Part::words, 4, Half::none>);
  t.add(prefix + "load_ubyte", run_load<Where, Part::ubyte, 1, Half::none>);
  t.add(prefix + "load_sbyte", run_load<Where, Part::sbyte, 1, Half::none>);
  t.add(prefix + "load_ushort", run_load<Where, Part::ushort, 1, Half::none>);
  t.add(prefix + "load_sshort", run_load<Where, Part::sshort, 1, Half::none>);
  t.add(prefix + "load_ubyte_d16", run_load<Where, Part::ubyte, 1, Half::low>);
  t.add(prefix + "load_sbyte_d16", run_load<Where, Part::sbyte, 1, Half::low>);
  t.add(prefix + "load_short_d16", run_load<Where, Part::ushort, 1, Half::low>);
  t.add(prefix + "load_ubyte_d16_hi", run_load<Where, Part::ubyte, 1, Half::high>);
  t.add(prefix + "load_sbyte_d16_hi", run_load<Where, Part::sbyte, 1, Half::high>);
  t.add(prefix + "load_short_d16_hi", run_load<Where, Part::ushort, 1, Half::high>);
  t.add(prefix + "store_dword", run_store<Where, Part::words, 1, Half::none>);
  t.add(prefix + "store_dwordx2", run_store<Where, Part::words, 2, Half::none>);
  t.add(prefix + "store_dwordx3", run_store<Where, Part::words, 3, Half::none>);
  t.add(prefix + "store_dwordx4", run_store<Where, Part::words, 4, Half::none>);
  t.add(prefix + "store_byte", run_store<Where, Part::ubyte, 1, Half::none>);
  t.add(prefix + "store_short", run_store<Where, Part::ushort, 1, Half::none>);
  t.add(prefix + "store_byte_d16_hi", run_store<Where, Part::ubyte, 1, Half::high>);
  t.add(prefix + "store_short_d16_hi", run_store<Where, Part::ushort, 1, Half::high>);
}

}  // namespace

void add_vector_memory(Table& table) {
  add_space<Space::flat>(table, "flat_");
  add_space<Space::global>(table, "global_");
  add_space<Space::scratch>(table, "scratch_");
  add_space<Space::buffer>(table, "buffer_");
}

}  // namespace rocmfix::sim::isa
