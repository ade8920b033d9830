// SPDX-License-Identifier: MIT
// The interpreter's memory: one GPU's page table. What is mapped is remembered until the table
// changes. The process's own memory is read and written by the kernel, because the process may
// unmap it at any time.
#pragma once

#include <array>
#include <cstdint>

#include "gpu/address_space.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim {

class PageMemory : public isa::Memory {
 public:
  PageMemory(AddressSpace& space, unsigned gpu) : space_(space), gpu_(gpu) {}

  bool read(std::uint64_t va, void* out, std::size_t size, isa::Policy policy) override;
  bool write(std::uint64_t va, const void* in, std::size_t size) override;
  bool change(std::uint64_t va, std::size_t size, const Change& how) override;
  bool fetch(std::uint64_t va, void* out, std::size_t size) override;

 private:
  /// nullptr: not a whole access in one buffer of the simulator's.
  const AddressSpace::Direct* find(std::uint64_t va, std::size_t size);
  bool failed(const MemoryFault& fault);
  /// nullptr: fault() says where.
  void* word(std::uint64_t va, std::size_t size);

  AddressSpace& space_;
  unsigned gpu_;
  std::uint64_t generation_ = ~std::uint64_t{0};
  std::array<AddressSpace::Direct, 8> known_;
  unsigned last_ = 0, next_ = 0;
};

}  // namespace rocmfix::sim
