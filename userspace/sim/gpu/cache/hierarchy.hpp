// SPDX-License-Identifier: MIT
// All caches of one GPU, with the rules of model.hpp. Thread-safe: one access after another, each
// by a wave's port. What it does not hold, it reads from `below`, and writes there.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "gpu/cache/cache.hpp"
#include "gpu/cache/chance.hpp"
#include "gpu/cache/gl2.hpp"
#include "gpu/cache/model.hpp"
#include "gpu/cache/port.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim::cache {

/// Of the card.
struct Shape {
  unsigned arrays = 1, group_processors = 2;  ///< shader arrays of the GPU, WGPs of an array
  std::size_t l0_bytes = 16U << 10U, gl1_bytes = 128U << 10U, gl2_bytes = 4U << 20U;
};

class Hierarchy {
 public:
  Hierarchy(const Shape& shape, const Chance& chance, isa::Memory& below);

  std::unique_ptr<Port> port(const isa::Seat& seat);

  // --- of a wave; within one line. false: `below` says why ---
  bool load(Port& port, std::uint64_t va, void* out, std::size_t size, isa::Policy policy,
            Mtype mtype);
  void begin_store(Port& port);
  void store(Port& port, std::uint64_t va, const void* in, std::size_t size, Mtype mtype);
  bool change(Port& port, std::uint64_t va, std::size_t size, const isa::Memory::Change& how,
              Mtype mtype);
  void wait_stores(Port& port, std::uint64_t left);
  void invalidate(const Port& port, isa::CacheLevel level);
  /// A wave that does nothing in memory does not keep its stores for ever.
  void pass_time(Port& port);
  /// Whether a load that is waited for takes its value only now.
  bool is_late();

  // --- of the packet processor ---
  void acquire(Scope scope);
  void release(Scope scope);
  /// Writes back and drops everything: what must not outlive a change of the page table, and what
  /// somebody else is about to read or write in memory.
  void empty();

 private:
  void tick(Port& port);
  void perform(const Port& port, const Store& store);
  void perform_line(Port& port, std::uint64_t line);
  Cache& first_level(const Port& port, bool scalar);
  const Line* read_line(const Port& port, std::uint64_t address, isa::Policy policy, Mtype mtype);
  const Line* read_gl1(const Port& port, std::uint64_t address, bool around, Mtype mtype);
  Line& keep(Cache& cache, std::uint64_t address, const Line& line);
  void drop_upper();

  std::mutex mutex_;
  Chance chance_;
  isa::Memory& below_;
  unsigned group_processors_;  ///< of an array
  std::vector<Cache> l0_, scalar_, gl1_;
  Gl2 gl2_;
};

}  // namespace rocmfix::sim::cache
