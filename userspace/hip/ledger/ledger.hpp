// SPDX-License-Identifier: MIT
// Every live block that the GPU may touch and the ones freed last. New blocks of ROCr's are in
// nurseries, as a garbage collector has them: what is freed soon never comes to the tables, which
// at a million blocks no cache holds. All others are in hash tables by address, in shards. Takes
// nothing from the heap, so that it works under any allocator and can be read when the heap is
// broken. Not async-signal-safe: a mutex a nursery and a shard.
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
  static constexpr size_t shards = 64;
  static constexpr size_t nurseries = 16;
  /// At least this many of the blocks freed last are remembered.
  static constexpr size_t remembered = 1024;

  constexpr Ledger() = default;

  /// False: no memory; nothing changed. One of Owner::hip replaces what was at the same address,
  /// for not every end of these is seen. One of Owner::hsa is added, for ROCr reports every end:
  /// memory that is locked twice is there twice, at most.
  bool insert(const Block& block);
  /// Moves the block to the freed ones. False: not there.
  bool erase(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* erased = nullptr);
  bool find(uint64_t address, Block* found);
  /// The program's call that a block is the result of. A block that ROCr has already reported keeps
  /// what ROCr said of it; any other is inserted. False: no memory.
  bool adopt(const Block& block);
  /// The program is about to free it. What only HIP knows of goes at once (true); what ROCr knows
  /// of is marked, and goes when ROCr frees it.
  bool release(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* before);
  /// The free has failed: as before.
  void restore(const Block& before);

  [[nodiscard]] size_t live() const;

  using LiveVisitor = void (*)(void* context, const Block& block);
  using FreedVisitor = void (*)(void* context, const FreedBlock& block);
  /// Waits at most `milliseconds` for each nursery and shard. Returns how many could not be read.
  size_t visit(void* context, LiveVisitor live, FreedVisitor freed, uint32_t milliseconds);

  /// Forgets everything; the memory is kept.
  void clear();

 private:
  /// The table is kept small, and the blocks are handed out last in, first out, so that at a
  /// million live blocks an insertion waits for memory once. The address itself is in the block:
  /// that is compared only when the 32 bits of its hash agree.
  struct Slot {
    uint32_t hash = 0;
    uint32_t block = 0;  // index in `blocks` and 1; 0: empty
  };

  static constexpr uint32_t no_slot = UINT32_MAX;

  struct alignas(64) Shard {
    Mutex mutex;
    Slot* slots = nullptr;
    Block* blocks = nullptr;
    std::atomic<uint32_t> count{0};  // read without the mutex by live()
    uint32_t bits = 0;               // `slots` has 1 << bits elements, `blocks` 3/4 of that
    uint32_t free_block = 0;         // head of the list of unused blocks, linked by `thread`

    bool grow();
    [[nodiscard]] uint32_t home_of(uint32_t hash) const { return hash >> (32U - bits); }
    [[nodiscard]] uint32_t index_of(uint64_t address) const;
    [[nodiscard]] uint32_t find_slot(uint64_t address) const;  // no_slot: not there
    bool insert(const Block& block);
    void prefetch(uint64_t address) const;
    void link_unused(uint32_t first, uint32_t end);
    void remove(uint32_t index);
  };

  /// Each thread has one, and shares it when there are more threads than nurseries. A block is in a
  /// nursery first and in the table later, never the other way round. What is freed is remembered
  /// here, so that an insertion and an erasure by one thread stay on the cache lines of its own.
  struct alignas(64) Nursery {
    static constexpr uint32_t capacity = 16;
    Mutex mutex;                     // taken before a shard's
    std::atomic<uint32_t> count{0};  // read without the mutex, too
    uint64_t freed_count = 0;
    FreedBlock* freed = nullptr;
    // Of `blocks`: a search reads two cache lines in place of sixteen.
    std::array<uint64_t, capacity> addresses{};
    std::array<Block, capacity> blocks{};

    [[nodiscard]] uint32_t index_of(uint64_t address) const;  // no_slot: not there
    void remove(uint32_t index);
    void remember(const Block& block, uint64_t time, uint32_t thread, Api by);
  };

  /// Calls use(block, nursery, remove) with the nursery locked, and the shard where the block is in
  /// one; remove() takes the block out. False: not there.
  template <class Use>
  bool use(uint64_t address, Use use);
  template <class Use>
  bool use_in_nursery(Nursery& nursery, uint64_t address, Use use);
  template <class Use>
  bool use_in_shard(Nursery& nursery, uint64_t address, Use use);

  Nursery& own_nursery();
  bool insert_young(const Block& block);
  void promote(Nursery& nursery);

  static constexpr uint32_t shard_bits = 6;
  static_assert(shards == 1U << shard_bits);
  static uint64_t mix(uint64_t address) { return address * 0x9E3779B97F4A7C15U; }
  /// What is left of it when the shard is known.
  static uint32_t hash_of(uint64_t address) {
    return static_cast<uint32_t>(mix(address) >> (32U - shard_bits));
  }
  Shard& shard_of(uint64_t address) { return shards_[mix(address) >> (64U - shard_bits)]; }

  std::array<Nursery, nurseries> nurseries_{};
  std::array<Shard, shards> shards_{};
};

}  // namespace rocmfix::hip

#endif
