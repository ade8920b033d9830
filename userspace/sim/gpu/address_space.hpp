// SPDX-License-Identifier: MIT
// What each GPU's page table says, and access through it. An access that meets no entry, or memory
// that the process has unmapped since, ends there and says where: that is the GPU memory fault.
// Thread-safe. Knows no caches: they are above it (gpu/cache), and emptied where it says so.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "gpu/buffer.hpp"
#include "gpu/svm_ranges.hpp"

namespace rocmfix::sim {

struct MemoryFault {
  std::uint64_t address = 0;
  bool read_only = false;
  bool no_execute = false;
  bool hang = false;   ///< no kernel of Debian's reports one so. None: the page is not present
  bool exact = false;  ///< the address as it is; else its page, as the hardware reports it
};

class AddressSpace {
 public:
  explicit AddressSpace(std::size_t gpus) : tables_(gpus) {}

  /// `offset`: where in the buffer the mapping begins.
  void map(unsigned gpu, std::uint64_t va, std::uint64_t size, std::shared_ptr<Buffer> buffer,
           std::uint64_t offset, Mtype mtype);
  /// false: nothing is mapped at `va` on this GPU.
  bool unmap(unsigned gpu, std::uint64_t va);

  /// What is mapped at an address; `start`: of the mapping.
  struct Entry {
    std::uint64_t start = 0, size = 0, offset = 0;
    std::shared_ptr<Buffer> buffer;  ///< null: an SVM range
    Mtype mtype;
  };
  [[nodiscard]] std::optional<Entry> entry(unsigned gpu, std::uint64_t va) const;

  /// nullopt: done. What was done before the fault stays done, as on a GPU.
  std::optional<MemoryFault> read(unsigned gpu, std::uint64_t va, void* out, std::size_t size);
  std::optional<MemoryFault> write(unsigned gpu, std::uint64_t va, const void* in,
                                   std::size_t size);
  std::optional<MemoryFault> copy(unsigned gpu, std::uint64_t to, std::uint64_t from,
                                  std::size_t size);
  /// Repeats `pattern` over `size` bytes.
  std::optional<MemoryFault> fill(unsigned gpu, std::uint64_t to, const void* pattern,
                                  std::size_t pattern_size, std::uint64_t size);

  /// A pointer for atomics and polling; nullptr: not mapped on this GPU. Valid while `hold` lives.
  [[nodiscard]] char* pointer(unsigned gpu, std::uint64_t va, std::size_t size,
                              std::shared_ptr<Buffer>* hold = nullptr) const;

  /// A mapping of memory that is the simulator's own, and so stays as long as `hold` does.
  struct Direct {
    std::uint64_t start = 0, end = 0;
    char* host = nullptr;
    bool writable = false, executable = false;
    std::shared_ptr<Buffer> hold;
  };
  /// nullopt: nothing is mapped there, or the process's own memory.
  [[nodiscard]] std::optional<Direct> direct(unsigned gpu, std::uint64_t va) const;
  /// Changes with every change of a page table: a Direct from before may not be mapped any more.
  [[nodiscard]] std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

  /// Under the lock of the address space.
  template <class Use>
  auto with_svm(Use use) {
    const std::lock_guard lock(mutex_);
    return use(svm_);
  }
  /// How a range's attributes become an MTYPE differs by card.
  using SvmMtype = std::function<Mtype(unsigned gpu, const SvmAttributes& attributes)>;
  void set_svm_mtype(SvmMtype how);

  /// Writes back and drops what the GPU's caches have. Called with no lock held: before a mapping
  /// is made or ends, and around copies and fills, which are done in memory.
  using EmptyCaches = std::function<void(unsigned gpu)>;
  void set_empty_caches(EmptyCaches empty) { empty_caches_ = std::move(empty); }

  /// Looked at before every access of a kernel or DMA engine to data; true: it faults there.
  using Watch = std::function<bool(unsigned gpu, const Entry& entry)>;
  void set_watch(Watch watch);

  std::mutex& mutex() { return mutex_; }

 private:
  struct Mapping {
    std::uint64_t size, offset;
    std::shared_ptr<Buffer> buffer;
    Mtype mtype;
  };
  struct Piece {
    std::shared_ptr<Buffer> hold;
    char* host = nullptr;
    std::size_t size = 0;
    bool user = false;
    bool writable = true;
  };
  [[nodiscard]] std::optional<Entry> find(unsigned gpu, std::uint64_t va) const;
  std::optional<Piece> piece(unsigned gpu, std::uint64_t va);
  std::optional<MemoryFault> copy_pieces(unsigned gpu, std::uint64_t to, std::uint64_t from,
                                         std::size_t size);

  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> generation_{0};
  std::vector<std::map<std::uint64_t, Mapping>> tables_;
  SvmRanges svm_;
  SvmMtype svm_mtype_;
  Watch watch_;
  EmptyCaches empty_caches_ = [](unsigned) {};
};

}  // namespace rocmfix::sim
