// SPDX-License-Identifier: MIT
// Where a lane's vector memory access goes: memory, LDS or scratch; and reading and writing there.
#pragma once

#include <cstdint>

#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

/// FLAT decides by the address; the others say what they mean.
enum class Space : std::uint8_t { flat, global, scratch, buffer };

struct Place {
  enum class Kind : std::uint8_t {
    memory,
    lds,      ///< `address` is the offset
    scratch,  ///< `address` is the lane's own first byte; the next word is `lanes` words further
    nowhere,  ///< beyond a buffer's end: reads are 0, writes are dropped
  };
  Kind kind = Kind::memory;
  std::uint64_t address = 0;
};

/// `address`: the position of the operand with the lane's address. `size`: bytes, for bounds.
Place locate(const Wave& wave, const Instruction& in, Space space, unsigned address, unsigned lane,
             unsigned size);

/// false: the wave has stopped.
bool read_place(Wave& wave, const Instruction& in, const Place& place, void* out, unsigned size);
bool write_place(Wave& wave, const Place& place, const void* in, unsigned size);
/// An atomic of `size` bytes, which must be aligned. `how` is not called if it goes nowhere.
bool change_place(Wave& wave, const Place& place, unsigned size, const Memory::Change& how);

}  // namespace rocmfix::sim::isa
