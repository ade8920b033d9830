// SPDX-License-Identifier: MIT
// Memory as a wave sees it: virtual addresses of one GPU. All accesses of GPU code but LDS and
// scratch go through here. Not thread-safe: each thread that interprets waves has its own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rocmfix::sim::isa {

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
  virtual bool read(std::uint64_t va, void* out, std::size_t size) = 0;
  virtual bool write(std::uint64_t va, const void* in, std::size_t size) = 0;
  /// For an atomic; nullptr: fault() says where. Valid until the next call.
  virtual void* atomic(std::uint64_t va, std::size_t size) = 0;
  /// Instructions, from memory that may be executed.
  virtual bool fetch(std::uint64_t va, void* out, std::size_t size) = 0;
  [[nodiscard]] const Fault& fault() const { return fault_; }

 protected:
  Fault fault_;  // NOLINT(cppcoreguidelines-non-private-member-variables-in-classes)
};

}  // namespace rocmfix::sim::isa
