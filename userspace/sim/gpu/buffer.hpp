// SPDX-License-Identifier: MIT
// What is behind an allocation: a piece of a GPU's arena (VRAM and GTT alike: a memory file whose
// offsets are the mmap offsets that KFD hands out), or the process's own memory (USERPTR).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "gpu/mtype.hpp"

namespace rocmfix::sim {

/// A piece of an arena; given back to the system when the last user goes.
class Backing {
 public:
  Backing(int fd, std::uint64_t offset, std::uint64_t size);
  ~Backing();
  Backing(const Backing&) = delete;
  Backing& operator=(const Backing&) = delete;
  Backing(Backing&&) = delete;
  Backing& operator=(Backing&&) = delete;

  /// The simulator's own mapping, made at the first call: most memory is never looked at. nullptr:
  /// the process has no address space left.
  char* view();
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  int fd_;
  std::uint64_t offset_, size_;
  std::once_flag once_;
  char* view_ = nullptr;
};

/// An allocation as KFD knows it.
struct Buffer {
  std::uint64_t handle = 0;
  std::uint64_t va = 0;  ///< where KFD's caller requests it; 0: nowhere
  std::uint64_t size = 0;
  std::uint32_t flags = 0;  ///< KFD_IOC_ALLOC_MEM_FLAGS_*
  unsigned gpu = 0;         ///< index of the GPU it was allocated on
  std::uint64_t user_address = 0;
  std::shared_ptr<Backing> backing;  ///< not for USERPTR
  bool imported = false;             ///< another handle has the memory on its account
  std::uint64_t serial = 0;          ///< counts the process's allocations from 1
};

}  // namespace rocmfix::sim
