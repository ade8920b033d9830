// SPDX-License-Identifier: MIT
#include "gpu/isa/addressing.hpp"

#include <algorithm>
#include <cstring>

#include "gpu/isa/waits.hpp"

namespace rocmfix::sim::isa {

namespace {

// Scratch is interleaved: word 0 of all lanes, then word 1 of all lanes, ...
u64 interleaved(u64 base, unsigned lanes, unsigned lane, u64 offset) {
  return base + offset / 4 * 4 * lanes + u64{lane} * 4 + offset % 4;
}

bool is_register(const Operand& operand) {
  return operand.kind == Operand::Kind::scalar && operand.index != null_register;
}

Place locate_flat(const Wave& wave, u64 address, unsigned lane) {
  switch (address >> 48U) {
    case shared_aperture >> 48U:
      return {Place::Kind::lds, address & 0xffffffffU};
    case private_aperture >> 48U:
      return {Place::Kind::scratch,
              interleaved(wave.flat_scratch, wave.lanes, lane, address & 0xffffffffU)};
    default:
      return {Place::Kind::memory, address};
  }
}

Place locate_global(const Wave& wave, const Instruction& in, const Operand& at,
                    const Operand& scalar, unsigned lane) {
  const auto offset = static_cast<u64>(std::int64_t{in.offset});
  if (is_register(scalar)) {
    const u64 own = at.kind == Operand::Kind::vector ? wave.v[at.index][lane] : 0;
    return {Place::Kind::memory, scalar64(wave, scalar) + own + offset};
  }
  return {Place::Kind::memory, lane_value<u64>(wave, at.index, lane) + offset};
}

Place locate_scratch(const Wave& wave, const Instruction& in, const Operand& at,
                     const Operand& scalar, unsigned lane) {
  u32 offset = static_cast<u32>(in.offset);
  offset += at.kind == Operand::Kind::vector ? wave.v[at.index][lane] : 0;
  offset += is_register(scalar) ? wave.s[scalar.index] : 0;
  return {Place::Kind::scratch, interleaved(wave.flat_scratch, wave.lanes, lane, offset)};
}

// A buffer resource (V#) of GFX10.
struct Resource {
  u64 base;
  u32 stride, records, index_stride, bounds;
  bool swizzled, adds_thread;
  Resource(const Wave& wave, unsigned at)
      : base(wave.s[at] | u64{wave.s[at + 1] & 0xffffU} << 32U),
        stride(wave.s[at + 1] >> 16U & 0x3fffU),
        records(wave.s[at + 2]),
        index_stride(8U << (wave.s[at + 3] >> 21U & 3U)),
        bounds(wave.s[at + 3] >> 28U & 3U),
        swizzled(wave.s[at + 1] >> 31U != 0),
        adds_thread((wave.s[at + 3] >> 23U & 1U) != 0) {}
  [[nodiscard]] bool is_outside(u64 index, u64 offset, unsigned size) const {
    switch (bounds) {  // OOB_SELECT
      case 0:
        return index >= records || (stride != 0 && offset + size > stride);
      case 1:
        return index >= records;
      case 2:
        return records == 0;
      default:
        return stride != 0 && !swizzled ? index * stride + offset + size > records
                                        : offset + size > records;
    }
  }
};

Place locate_buffer(const Wave& wave, const Instruction& in, unsigned address, unsigned lane,
                    unsigned size) {
  const Operand& at = in.operands[address];
  const Resource resource(wave, in.operands[address + 1].index);
  const u64 scalar = scalar32(wave, in.operands[address + 2]);
  u64 index = in.idxen ? wave.v[at.index][lane] : 0;
  const u64 own = in.offen ? wave.v[at.index + (in.idxen ? 1U : 0U)][lane] : 0;
  const u64 offset = own + static_cast<u64>(in.offset);
  index += resource.adds_thread ? lane : 0;
  if (resource.base >= scratch_base) {
    const u64 inside = resource.base + scalar;
    return {Place::Kind::scratch, interleaved(inside, wave.lanes, lane, offset)};
  }
  if (resource.is_outside(index, offset, size)) {
    return {Place::Kind::nowhere, 0};
  }
  if (resource.swizzled) {
    const u64 count = resource.index_stride;
    return {Place::Kind::memory, resource.base + scalar + index / count * resource.stride * count +
                                     offset / 4 * 4 * count + index % count * 4 + offset % 4};
  }
  return {Place::Kind::memory, resource.base + scalar + index * resource.stride + offset};
}

// Of `size` bytes at most 4, in scratch.
std::uint8_t* scratch_bytes(Wave& wave, u64 address, unsigned size) {
  const u64 own = u64{wave.private_size} * wave.lanes;
  const u64 start = own * wave.id;
  const u64 offset = address - scratch_base;
  if (address < scratch_base || offset < start || offset - start + size > own) {
    wave.halt(Stop::Why::aperture_violation, "beyond the scratch memory of a lane");
    return nullptr;
  }
  return wave.group->scratch.data() + offset;
}

std::uint8_t* lds_bytes(Wave& wave, u64 offset, unsigned size) {
  auto& lds = wave.group->lds;
  if (offset + size > lds.size()) {
    wave.halt(Stop::Why::aperture_violation, "beyond the workgroup's LDS");
    return nullptr;
  }
  return lds.data() + offset;
}

template <class Move>
bool move_scratch(Wave& wave, u64 address, unsigned size, Move move) {
  for (unsigned done = 0; done < size;) {
    const auto in_word = static_cast<unsigned>(address % 4);
    const unsigned some = std::min(4 - in_word, size - done);
    std::uint8_t* const at = scratch_bytes(wave, address, some);
    if (at == nullptr) {
      return false;
    }
    move(at, done, some);
    done += some;
    address += some + u64{wave.lanes - 1} * 4;
  }
  return true;
}

}  // namespace

Place locate(const Wave& wave, const Instruction& in, Space space, unsigned address, unsigned lane,
             unsigned size) {
  const Operand& at = in.operands[address];
  const Operand& scalar = in.operands[in.count - 1];
  switch (space) {
    case Space::flat:
      return locate_flat(
          wave, lane_value<u64>(wave, at.index, lane) + static_cast<u64>(std::int64_t{in.offset}),
          lane);
    case Space::global:
      return locate_global(wave, in, at, scalar, lane);
    case Space::scratch:
      return locate_scratch(wave, in, at, scalar, lane);
    case Space::buffer:
      return locate_buffer(wave, in, address, lane, size);
  }
  return {};
}

bool read_place(Wave& wave, const Instruction& in, const Place& place, void* out, unsigned size) {
  auto* const bytes = static_cast<std::uint8_t*>(out);
  switch (place.kind) {
    case Place::Kind::memory:
      if (!wave.group->memory->read(place.address, out, size, policy_of(in))) {
        wave.memory_fault();
        return false;
      }
      return true;
    case Place::Kind::lds: {
      const std::uint8_t* const at = lds_bytes(wave, place.address, size);
      if (at != nullptr) {
        std::memcpy(out, at, size);
      }
      return at != nullptr;
    }
    case Place::Kind::scratch:
      return move_scratch(wave, place.address, size,
                          [&](const std::uint8_t* at, unsigned done, unsigned some) {
                            std::memcpy(bytes + done, at, some);
                          });
    case Place::Kind::nowhere:
      std::memset(out, 0, size);
      return true;
  }
  return false;
}

bool write_place(Wave& wave, const Place& place, const void* in, unsigned size) {
  const auto* const bytes = static_cast<const std::uint8_t*>(in);
  switch (place.kind) {
    case Place::Kind::memory:
      if (!wave.group->memory->write(place.address, in, size)) {
        wave.memory_fault();
        return false;
      }
      return true;
    case Place::Kind::lds: {
      std::uint8_t* const at = lds_bytes(wave, place.address, size);
      if (at != nullptr) {
        std::memcpy(at, in, size);
      }
      return at != nullptr;
    }
    case Place::Kind::scratch:
      return move_scratch(wave, place.address, size,
                          [&](std::uint8_t* at, unsigned done, unsigned some) {
                            std::memcpy(at, bytes + done, some);
                          });
    case Place::Kind::nowhere:
      return true;
  }
  return false;
}

bool change_place(Wave& wave, const Place& place, unsigned size, const Memory::Change& how) {
  if (place.kind != Place::Kind::nowhere && place.address % size != 0) {
    wave.halt(Stop::Why::misaligned, "an atomic that is not aligned");
    return false;
  }
  switch (place.kind) {
    case Place::Kind::memory:
      if (!wave.group->memory->change(place.address, size, how)) {
        wave.memory_fault();
        return false;
      }
      return true;
    case Place::Kind::lds: {
      std::uint8_t* const at = lds_bytes(wave, place.address, size);
      if (at != nullptr) {
        how(at);
      }
      return at != nullptr;
    }
    case Place::Kind::scratch:  // hardware has none there
      wave.halt(Stop::Why::aperture_violation, "an atomic in scratch memory");
      return false;
    case Place::Kind::nowhere:
      return true;
  }
  return false;
}

}  // namespace rocmfix::sim::isa
