// SPDX-License-Identifier: MIT
#include "gpu/address_space.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kfd/kfd_abi.hpp"

namespace rocmfix::sim {

namespace {

constexpr std::size_t bounce_size = 64U << 10U;

// The process can unmap its own memory under the GPU's hands; the kernel looks for us.
std::size_t read_user(void* to, const char* from, std::size_t size) {
  iovec local{to, size};
  iovec remote{const_cast<char*>(from), size};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  const ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  if (got >= 0) {
    return static_cast<std::size_t>(got);
  }
  if (errno == EPERM || errno == ENOSYS) {  // a sandbox forbids the call: trust the program
    std::memcpy(to, from, size);
    return size;
  }
  return 0;
}

std::size_t write_user(char* to, const void* from, std::size_t size) {
  iovec local{const_cast<void*>(from), size};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  iovec remote{to, size};
  const ssize_t put = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
  if (put >= 0) {
    return static_cast<std::size_t>(put);
  }
  if (errno == EPERM || errno == ENOSYS) {
    std::memcpy(to, from, size);
    return size;
  }
  return 0;
}

}  // namespace

void AddressSpace::map(unsigned gpu, std::uint64_t va, std::uint64_t size,
                       std::shared_ptr<Buffer> buffer, std::uint64_t offset, Mtype mtype) {
  empty_caches_(gpu);
  const std::lock_guard lock(mutex_);
  tables_.at(gpu)[va] = {size, offset, std::move(buffer), mtype};
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

bool AddressSpace::unmap(unsigned gpu, std::uint64_t va) {
  empty_caches_(gpu);
  std::shared_ptr<Buffer> last;  // its memory goes after the lock
  const std::lock_guard lock(mutex_);
  const auto found = tables_.at(gpu).find(va);
  if (found == tables_.at(gpu).end()) {
    return false;
  }
  last = std::move(found->second.buffer);
  tables_.at(gpu).erase(found);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return true;
}

std::optional<AddressSpace::Entry> AddressSpace::find(unsigned gpu, std::uint64_t va) const {
  const auto& table = tables_.at(gpu);
  auto at = table.upper_bound(va);
  if (at != table.begin()) {
    --at;
    if (va - at->first < at->second.size) {
      return Entry{at->first, at->second.size, at->second.offset, at->second.buffer,
                   at->second.mtype};
    }
  }
  const auto range = svm_.find(va);
  if (range && (range->attributes.access >> gpu & 1U) != 0) {
    return Entry{range->start, range->end - range->start, 0, nullptr,
                 svm_mtype_ ? svm_mtype_(gpu, range->attributes) : Mtype{}};
  }
  return std::nullopt;
}

std::optional<AddressSpace::Entry> AddressSpace::entry(unsigned gpu, std::uint64_t va) const {
  const std::lock_guard lock(mutex_);
  return find(gpu, va);
}

std::optional<AddressSpace::Piece> AddressSpace::piece(unsigned gpu, std::uint64_t va) {
  const auto found = entry(gpu, va);
  if (!found || (watch_ && watch_(gpu, *found))) {
    return std::nullopt;
  }
  Piece result;
  const std::uint64_t inside = va - found->start;
  result.size = found->size - inside;
  if (found->buffer == nullptr) {
    result.user = true;
    result.host = reinterpret_cast<char*>(va);  // NOLINT(performance-no-int-to-ptr)
    return result;
  }
  const Buffer& buffer = *found->buffer;
  result.hold = found->buffer;
  result.writable =
      (buffer.flags & static_cast<std::uint32_t>(KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE)) != 0;
  if (buffer.backing != nullptr) {
    char* const view = buffer.backing->view();
    if (view == nullptr) {
      return std::nullopt;
    }
    result.host = view + found->offset + inside;
  } else {
    result.user = true;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    result.host = reinterpret_cast<char*>(buffer.user_address + found->offset + inside);
  }
  return result;
}

std::optional<MemoryFault> AddressSpace::read(unsigned gpu, std::uint64_t va, void* out,
                                              std::size_t size) {
  auto* to = static_cast<char*>(out);
  while (size > 0) {
    const auto from = piece(gpu, va);
    if (!from) {
      return MemoryFault{va};
    }
    const std::size_t some = std::min(size, from->size);
    if (from->user) {
      const std::size_t got = read_user(to, from->host, some);
      if (got < some) {
        return MemoryFault{va + got};
      }
    } else {
      std::memcpy(to, from->host, some);
    }
    to += some;
    va += some;
    size -= some;
  }
  return std::nullopt;
}

std::optional<MemoryFault> AddressSpace::write(unsigned gpu, std::uint64_t va, const void* in,
                                               std::size_t size) {
  const auto* from = static_cast<const char*>(in);
  while (size > 0) {
    const auto to = piece(gpu, va);
    if (!to) {
      return MemoryFault{va};
    }
    if (!to->writable) {
      return MemoryFault{va, true};
    }
    const std::size_t some = std::min(size, to->size);
    if (to->user) {
      const std::size_t put = write_user(to->host, from, some);
      if (put < some) {
        return MemoryFault{va + put};
      }
    } else {
      std::memcpy(to->host, from, some);
    }
    from += some;
    va += some;
    size -= some;
  }
  return std::nullopt;
}

std::optional<MemoryFault> AddressSpace::copy(unsigned gpu, std::uint64_t to, std::uint64_t from,
                                              std::size_t size) {
  empty_caches_(gpu);
  const auto fault = copy_pieces(gpu, to, from, size);
  empty_caches_(gpu);
  return fault;
}

std::optional<MemoryFault> AddressSpace::copy_pieces(unsigned gpu, std::uint64_t to,
                                                     std::uint64_t from, std::size_t size) {
  std::vector<char> bounce;
  while (size > 0) {
    const auto source = piece(gpu, from);
    if (!source) {
      return MemoryFault{from};
    }
    std::size_t some = std::min(size, source->size);
    std::optional<MemoryFault> fault;
    if (source->user) {
      some = std::min(some, bounce_size);
      bounce.resize(bounce_size);
      fault = read(gpu, from, bounce.data(), some);
      if (!fault) {
        fault = write(gpu, to, bounce.data(), some);
      }
    } else {
      fault = write(gpu, to, source->host, some);
    }
    if (fault) {
      return fault;
    }
    from += some;
    to += some;
    size -= some;
  }
  return std::nullopt;
}

std::optional<MemoryFault> AddressSpace::fill(unsigned gpu, std::uint64_t to, const void* pattern,
                                              std::size_t pattern_size, std::uint64_t size) {
  empty_caches_(gpu);
  // Whole patterns, so that a block can follow a block.
  std::vector<char> block(std::max(pattern_size, bounce_size / pattern_size * pattern_size));
  for (std::size_t at = 0; at < block.size(); at += pattern_size) {
    std::memcpy(block.data() + at, pattern, pattern_size);
  }
  while (size > 0) {
    const std::size_t some = std::min<std::uint64_t>(size, block.size());
    if (const auto fault = write(gpu, to, block.data(), some)) {
      return fault;
    }
    to += some;
    size -= some;
  }
  empty_caches_(gpu);
  return std::nullopt;
}

char* AddressSpace::pointer(unsigned gpu, std::uint64_t va, std::size_t size,
                            std::shared_ptr<Buffer>* hold) const {
  const auto found = entry(gpu, va);
  if (!found || found->size - (va - found->start) < size) {
    return nullptr;
  }
  if (hold != nullptr) {
    *hold = found->buffer;
  }
  const std::uint64_t inside = va - found->start;
  if (found->buffer == nullptr) {
    return reinterpret_cast<char*>(va);  // NOLINT(performance-no-int-to-ptr)
  }
  if (found->buffer->backing == nullptr) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<char*>(found->buffer->user_address + found->offset + inside);
  }
  char* const view = found->buffer->backing->view();
  return view == nullptr ? nullptr : view + found->offset + inside;
}

std::optional<AddressSpace::Direct> AddressSpace::direct(unsigned gpu, std::uint64_t va) const {
  const auto found = entry(gpu, va);
  if (!found || found->buffer == nullptr || found->buffer->backing == nullptr) {
    return std::nullopt;
  }
  char* const view = found->buffer->backing->view();
  if (view == nullptr) {
    return std::nullopt;
  }
  const auto has = [flags = found->buffer->flags](auto flag) {
    return (flags & static_cast<std::uint32_t>(flag)) != 0;
  };
  return Direct{found->start,
                found->start + found->size,
                view + found->offset,
                has(KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE),
                has(KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE),
                found->buffer};
}

void AddressSpace::set_svm_mtype(SvmMtype how) {
  const std::lock_guard lock(mutex_);
  svm_mtype_ = std::move(how);
}

void AddressSpace::set_watch(Watch watch) {
  watch_ = std::move(watch);
}

}  // namespace rocmfix::sim
