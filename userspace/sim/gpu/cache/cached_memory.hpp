// SPDX-License-Identifier: MIT
// A wave's memory with the caches in between. What is mapped, and how, it asks for every access;
// instructions are fetched from memory, as the interpreter has its own instruction cache.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "gpu/cache/hierarchy.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim::cache {

struct Mapping {
  Mtype mtype = Mtype::nc;
  bool writable = false;
};
/// nullopt: nothing is mapped there.
using Translate = std::function<std::optional<Mapping>(std::uint64_t va)>;

class CachedMemory : public isa::Memory {
 public:
  /// `direct`: the same memory with no cache, of this thread.
  CachedMemory(Hierarchy& caches, std::unique_ptr<isa::Memory> direct, Translate translate)
      : caches_(caches), direct_(std::move(direct)), translate_(std::move(translate)) {}

  bool read(std::uint64_t va, void* out, std::size_t size, isa::Policy policy) override;
  bool write(std::uint64_t va, const void* in, std::size_t size) override;
  bool change(std::uint64_t va, std::size_t size, const Change& how) override;
  bool fetch(std::uint64_t va, void* out, std::size_t size) override;

  std::unique_ptr<isa::Port> port(const isa::Seat& seat) override { return caches_.port(seat); }
  void enter(isa::Port* port) override;
  void begin_store() override { caches_.begin_store(*port_); }
  void wait_stores(std::uint64_t left) override { caches_.wait_stores(*port_, left); }
  void invalidate(isa::CacheLevel level) override { caches_.invalidate(*port_, level); }
  bool is_late() override { return caches_.is_late(); }

 private:
  bool failed(const Fault& fault);
  /// nullopt: fault() says why.
  std::optional<Mapping> find(std::uint64_t va, bool writes);

  Hierarchy& caches_;
  std::unique_ptr<isa::Memory> direct_;
  Translate translate_;
  Port* port_ = nullptr;
};

}  // namespace rocmfix::sim::cache
