// SPDX-License-Identifier: MIT
// Memory as a wave sees it: virtual addresses of one GPU. All accesses of GPU code but LDS and
// scratch go through here. Not thread-safe: each thread that interprets waves has its own. Whether
// there are caches in between, and what is under way, is its own affair: gpu/cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace rocmfix::sim::isa {

/// The bits of a load that say which caches it goes round; `scalar`: it uses the scalar cache.
struct Policy {
  bool glc = false, dlc = false, slc = false, scalar = false;
};

enum class CacheLevel : std::uint8_t { l0, scalar, gl1 };

/// Where a wave is: its workgroup, its number there, and whether that uses both CUs of a WGP.
struct Seat {
  std::array<std::uint32_t, 3> group{};
  unsigned wave = 0;
  bool both_units = false;
};

/// What a wave has under way; the memory knows what is in it.
struct Port {
  Port() = default;
  virtual ~Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  Port(Port&&) = delete;
  Port& operator=(Port&&) = delete;
};

class Memory {
 public:
  Memory() = default;
  virtual ~Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  Memory(Memory&&) = delete;
  Memory& operator=(Memory&&) = delete;

  struct Fault {
    std::uint64_t address = 0;
    bool read_only = false;
    bool no_execute = false;
  };
  /// false: fault() says where.
  virtual bool read(std::uint64_t va, void* out, std::size_t size, Policy policy) = 0;
  virtual bool write(std::uint64_t va, const void* in, std::size_t size) = 0;
  /// An atomic: `how` is given the address of the word, which others may change meanwhile.
  using Change = std::function<void(void* word)>;
  virtual bool change(std::uint64_t va, std::size_t size, const Change& how) = 0;
  /// Instructions, from memory that may be executed.
  virtual bool fetch(std::uint64_t va, void* out, std::size_t size) = 0;
  [[nodiscard]] const Fault& fault() const { return fault_; }

  // --- without caches nothing is ever under way ---
  /// nullptr: none is needed.
  virtual std::unique_ptr<Port> port(const Seat& /*seat*/) { return nullptr; }
  /// All that follows is the access of the wave that has this port.
  virtual void enter(Port* /*port*/) {}
  /// The next writes are of one instruction.
  virtual void begin_store() {}
  /// Until no more than the newest `left` instructions' stores are under way.
  virtual void wait_stores(std::uint64_t /*left*/) {}
  virtual void invalidate(CacheLevel /*level*/) {}
  /// Whether a load that was issued before takes its value only now.
  virtual bool is_late() { return false; }

 protected:
  Fault fault_;  // NOLINT(cppcoreguidelines-non-private-member-variables-in-classes)
};

}  // namespace rocmfix::sim::isa
