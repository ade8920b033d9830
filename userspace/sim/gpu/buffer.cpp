// SPDX-License-Identifier: MIT
#include "gpu/buffer.hpp"

#include <fcntl.h>
#include <sys/mman.h>

namespace rocmfix::sim {

Backing::Backing(int fd, std::uint64_t offset, std::uint64_t size)
    : fd_(fd), offset_(offset), size_(size) {}

Backing::~Backing() {
  if (view_ != nullptr) {
    munmap(view_, size_);
  }
  fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset_),
            static_cast<off_t>(size_));
}

char* Backing::view() {
  std::call_once(once_, [this] {
    void* const at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_,
                          static_cast<off_t>(offset_));
    view_ = at == MAP_FAILED ? nullptr : static_cast<char*>(at);
  });
  return view_;
}

}  // namespace rocmfix::sim
