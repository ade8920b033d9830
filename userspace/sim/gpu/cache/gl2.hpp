// SPDX-License-Identifier: MIT
// GL2: the only cache that has what memory has not. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gpu/cache/cache.hpp"
#include "gpu/cache/chance.hpp"
#include "gpu/cache/model.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim::cache {

class Gl2 {
 public:
  Gl2(std::size_t bytes, Chance& chance, isa::Memory& below)
      : lines_(bytes), chance_(chance), below_(below) {}

  /// With all of its bytes; nullptr: `below` says why.
  Line* read(std::uint64_t address);
  /// From memory, and not kept. Valid until the next call.
  const Line* read_around(std::uint64_t address);
  /// For a store: with those of its bytes that it has.
  Line& take(std::uint64_t address);
  /// What nothing demands: a line may be written back, or dropped after that.
  void tick();
  void write_back();
  void drop_all() { lines_.drop_all(); }

 private:
  void write_back(std::uint64_t address, Line& line);

  Cache lines_;
  Chance& chance_;
  isa::Memory& below_;
  Line passing_;
};

}  // namespace rocmfix::sim::cache
