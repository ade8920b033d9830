// SPDX-License-Identifier: MIT
// Every live block that the GPU may touch, by address, and the blocks freed last.
//
// Threads: any thread may call anything. A block is in the shard that its address says: a hash
// table with a mutex, which is held for one operation. Not async-signal-safe, and need not be: ROCr
// reports a fault on a thread of its own. visit(), which is for that, waits for a bounded time.
// Memory: from mmap(2), never from the heap, so any allocator may be in use and the heap may be
// corrupted. 320 KiB for the freed blocks; for the largest number of blocks live at once, up to 256
// bytes a block, at most 256 MiB (two million blocks): more are refused, as without memory.
// Fork: the ledger of a process that uses a GPU is not used in a child (layer.cpp), so it does not
// matter who held a mutex.
// Cost: docs/benchmarks.md.
#ifndef ROCMFIX_HIP_LEDGER_HPP
#define ROCMFIX_HIP_LEDGER_HPP

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "hip/apis.hpp"
#include "mutex.hpp"

namespace rocmfix::hip {

enum class Place : uint8_t { unknown, vram, host, managed, registered };
enum class Owner : uint8_t {
  hsa,  // its end is seen in ROCr's own free
  hip,  // ... in the HIP call only: part of a pool, managed
};

struct Block {
  uint64_t address = 0;   // 0: no block
  uint64_t size = 0;      // bytes, as asked for
  uint64_t time = 0;      // ns, CLOCK_MONOTONIC
  uint64_t charged = 0;   // bytes of VRAM counted for `device`
  uint64_t released = 0;  // when the program freed what a pool of the runtime still holds; 0: not
  uint64_t alias = 0;     // the GPU's address of registered memory, where it is another
  uint32_t thread = 0;
  uint32_t flags = 0;  // as given to the API
  Api api = Api::none;
  Place place = Place::unknown;
  Owner owner = Owner::hip;
  uint8_t device = 0;       // index of the GPU, in ROCr's order
  bool of_program = false;  // a HIP call of the program asked for it; else the runtime did
  bool made_noncoherent = false;
  bool on_host = false;  // asked for as VRAM, given as system memory: ROCMFIX_OOM=host
};

struct FreedBlock {
  Block block;
  uint64_t time = 0;
  uint32_t thread = 0;
  Api api = Api::none;
};

class Ledger {
 public:
  static constexpr uint32_t shard_bits = 2;
  static constexpr size_t shards = size_t{1} << shard_bits;
  /// The number of blocks that a shard takes.
  static constexpr size_t most_in_shard = size_t{1} << 19U;
  static constexpr size_t shard_number(uint64_t address) {
    return hash(address) >> (64U - shard_bits);
  }
  /// At least this many of the blocks freed last are remembered: each shard has its own list.
  static constexpr size_t remembered = 1024;

  constexpr Ledger() = default;

  /// False: no memory, or too many blocks; nothing changed. A block replaces the one at the same
  /// address, because the end of that one was not seen. Only memory that ROCr locks twice is there
  /// twice: ROCr keeps it until it is unlocked twice.
  bool insert(const Block& block);
  /// Moves the block to the freed ones. False: not there.
  bool erase(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* erased = nullptr);
  bool find(uint64_t address, Block* found);
  /// The program's call that a block is the result of. A block that ROCr has already reported keeps
  /// what ROCr said of it; any other is inserted. False: as for insert().
  bool adopt(const Block& block);
  /// The program is about to free it. What only HIP knows of goes at once (true); what ROCr knows
  /// of is marked, and goes when ROCr frees it.
  bool release(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* before);
  /// The free has failed: as before.
  void restore(const Block& before);

  [[nodiscard]] size_t live() const;

  using LiveVisitor = void (*)(void* context, const Block& block);
  using FreedVisitor = void (*)(void* context, const FreedBlock& block);
  /// Waits at most `milliseconds` for each shard. Returns how many could not be read. A block that
  /// is being freed is seen once, as live or as freed. The visitors must not use the ledger.
  size_t visit(void* context, LiveVisitor live, FreedVisitor freed, uint32_t milliseconds);

  /// Forgets everything; the memory is kept.
  void clear();

 private:
  /// Open addressing with linear probing, at most half full.
  struct alignas(64) Shard {
    Mutex mutex;
    Block* slots = nullptr;          // 1 << bits; address 0: empty
    std::atomic<uint32_t> count{0};  // read without the mutex by live()
    uint32_t bits = 0;
    FreedBlock* freed = nullptr;  // a ring of `remembered`
    uint64_t freed_count = 0;

    [[nodiscard]] uint32_t mask() const { return (1U << bits) - 1; }
    [[nodiscard]] uint32_t home_of(uint64_t address) const;
    [[nodiscard]] Block* find(uint64_t address) const;  // nullptr: not there
    bool insert(const Block& block);
    void add(const Block& block) const;
    bool grow();
    void remove(Block* block);
    void remember(const Block& block, uint64_t time, uint32_t thread, Api by);
    void take_back(uint64_t address) const;
  };

  /// Fibonacci hashing: addresses are multiples of a page or more, so only the upper bits of the
  /// product are used.
  static constexpr uint64_t hash(uint64_t address) { return address * 0x9E3779B97F4A7C15U; }

  Shard& shard_of(uint64_t address) { return shards_[shard_number(address)]; }

  std::array<Shard, shards> shards_{};
};

}  // namespace rocmfix::hip

#endif
