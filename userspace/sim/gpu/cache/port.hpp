// SPDX-License-Identifier: MIT
// A wave's way to memory: which caches it uses, and its stores that have not been performed yet.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>

#include "gpu/cache/model.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim::cache {

/// Within one line.
struct Store {
  std::uint64_t va = 0;
  std::uint8_t size = 0;
  Mtype mtype = Mtype::nc;
  std::uint64_t instruction = 0;  ///< counts the wave's that store, from 1
  std::array<std::uint8_t, 16> bytes{};
};

inline void patch(Line& line, const Store& store) {
  const std::size_t at = store.va % line_size;
  std::memcpy(line.bytes.data() + at, store.bytes.data(), store.size);
  for (std::size_t i = at; i < at + store.size; ++i) {
    line.valid.set(i);
    line.dirty.set(i);
  }
}

struct Port : isa::Port {
  unsigned unit = 0, group_processor = 0, array = 0;  ///< CU, WGP, shader array: of the GPU
  std::uint64_t instructions = 0;                     ///< that store, issued so far
  std::deque<Store> stores;                           ///< in the order of their issue
};

}  // namespace rocmfix::sim::cache
