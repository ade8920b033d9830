// SPDX-License-Identifier: MIT
#include "ledger/ledger.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "clock.hpp"

namespace rocmfix::hip {

namespace {

constexpr uint32_t first_bits = 6;
constexpr uint32_t no_block = UINT32_MAX;
static_assert(sizeof(Block) == 64, "a block is a cache line");

constexpr uint32_t blocks_for(uint32_t bits) {
  return (3U << bits) / 4;
}

constexpr size_t huge_page = size_t{2} << 20U;

/// What is a good part of a huge page becomes one.
constexpr size_t mapped_size(size_t size) {
  return size < huge_page / 4 ? size : (size + huge_page - 1) / huge_page * huge_page;
}

/// Large ones begin at a huge page, so that the kernel can use one: a miss in the TLB costs more
/// than the rest of an insertion.
template <class T>
T* map_pages(size_t count) {
  const size_t size = mapped_size(count * sizeof(T));
  const size_t more = size >= huge_page ? huge_page : 0;
  void* memory = mmap(nullptr, size + more, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  if (more != 0) {
    auto* begin = static_cast<char*>(memory);
    const size_t skip = (huge_page - reinterpret_cast<uintptr_t>(begin) % huge_page) % huge_page;
    if (skip != 0) {
      munmap(begin, skip);
    }
    if (skip != more) {
      munmap(begin + skip + size, more - skip);
    }
    memory = begin + skip;
    madvise(memory, size, MADV_HUGEPAGE);
  }
  return static_cast<T*>(memory);
}

}  // namespace

/// Where the address is, or the empty slot where it would go. There always is an empty one.
uint32_t Ledger::Shard::index_of(uint64_t address) const {
  const uint32_t mask = (1U << bits) - 1;
  const uint32_t hash = hash_of(address);
  uint32_t index = home_of(hash);
  while (slots[index].block != 0 &&
         (slots[index].hash != hash || blocks[slots[index].block - 1].address != address)) {
    index = (index + 1) & mask;
  }
  return index;
}

uint32_t Ledger::Shard::find_slot(uint64_t address) const {
  if (slots == nullptr || address == 0) {
    return no_slot;
  }
  const uint32_t index = index_of(address);
  return slots[index].block == 0 ? no_slot : index;
}

void Ledger::Shard::link_unused(uint32_t first, uint32_t end) {
  for (uint32_t i = end; i > first; --i) {
    blocks[i - 1].address = 0;
    blocks[i - 1].thread = free_block;
    free_block = i - 1;
  }
}

bool Ledger::Shard::grow() {
  const uint32_t old_bits = bits;
  const uint32_t new_bits = slots == nullptr ? first_bits : old_bits + 1;
  if (new_bits > 30) {
    return false;
  }
  Slot* fresh = map_pages<Slot>(size_t{1} << new_bits);
  if (fresh == nullptr) {
    return false;
  }
  const uint32_t had = slots == nullptr ? 0 : blocks_for(old_bits);
  const uint32_t has = blocks_for(new_bits);
  void* moved = blocks == nullptr ? map_pages<Block>(has)
                                  : mremap(blocks, mapped_size(had * sizeof(Block)),
                                           mapped_size(has * sizeof(Block)), MREMAP_MAYMOVE);
  if (moved == nullptr || moved == MAP_FAILED) {
    munmap(fresh, mapped_size(sizeof(Slot) << new_bits));
    return false;
  }
  blocks = static_cast<Block*>(moved);
  Slot* old = slots;
  slots = fresh;
  bits = new_bits;
  if (old == nullptr) {
    free_block = no_block;
  } else {
    for (size_t i = 0; i < size_t{1} << old_bits; ++i) {
      if (old[i].block != 0) {
        // All are different: the first empty slot is the one.
        uint32_t index = home_of(old[i].hash);
        while (slots[index].block != 0) {
          index = (index + 1) & ((1U << bits) - 1);
        }
        slots[index] = old[i];
      }
    }
    munmap(old, mapped_size(sizeof(Slot) << old_bits));
  }
  link_unused(had, has);
  return true;
}

/// Moves the rest of the run up, so that no tombstones pile up.
void Ledger::Shard::remove(uint32_t index) {
  const uint32_t mask = (1U << bits) - 1;
  const uint32_t block = slots[index].block - 1;
  blocks[block].address = 0;
  blocks[block].thread = free_block;
  free_block = block;
  uint32_t hole = index;
  for (uint32_t next = (hole + 1) & mask; slots[next].block != 0; next = (next + 1) & mask) {
    if (((next - home_of(slots[next].hash)) & mask) >= ((next - hole) & mask)) {
      slots[hole] = slots[next];
      hole = next;
    }
  }
  slots[hole].block = 0;
  count.store(count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

/// Replaces what is at the same address.
bool Ledger::Shard::insert(const Block& block) {
  uint32_t index = 0;
  if (slots != nullptr) {
    index = index_of(block.address);
    if (slots[index].block != 0) {
      blocks[slots[index].block - 1] = block;
      return true;
    }
  }
  if (slots == nullptr || free_block == no_block) {
    if (!grow()) {
      return false;
    }
    index = index_of(block.address);
  }
  const uint32_t taken = free_block;
  free_block = blocks[taken].thread;
  blocks[taken] = block;
  slots[index] = {.hash = hash_of(block.address), .block = taken + 1};
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

void Ledger::Shard::prefetch(uint64_t address) const {
  if (slots != nullptr) {
    constexpr int for_writing = 1;
    __builtin_prefetch(&slots[home_of(hash_of(address))], for_writing);
  }
}

/// From the newest: what is freed soon is most often that.
uint32_t Ledger::Nursery::index_of(uint64_t address) const {
  for (uint32_t i = count.load(std::memory_order_relaxed); i > 0; --i) {
    if (addresses[i - 1] == address) {
      return i - 1;
    }
  }
  return no_slot;
}

void Ledger::Nursery::remove(uint32_t index) {
  const uint32_t last = count.load(std::memory_order_relaxed) - 1;
  if (index != last) {
    addresses[index] = addresses[last];
    blocks[index] = blocks[last];
  }
  count.store(last, std::memory_order_relaxed);
}

void Ledger::Nursery::remember(const Block& block, uint64_t time, uint32_t thread, Api by) {
  if (freed == nullptr) {
    freed = map_pages<FreedBlock>(remembered);
  }
  if (freed != nullptr) {
    freed[freed_count++ % remembered] = {block, time, thread, by};
  }
}

Ledger::Nursery& Ledger::own_nursery() {
  return nurseries_[thread_number() % nurseries];
}

/// Into the tables, until there is no memory for more. Who looks for one of them meanwhile finds it
/// in its table, or waits for the nursery and looks there again.
void Ledger::promote(Nursery& nursery) {
  const uint32_t count = nursery.count.load(std::memory_order_relaxed);
  // Each would wait for memory: all of them at once.
  for (uint32_t i = 0; i < count; ++i) {
    Shard& shard = shard_of(nursery.addresses[i]);
    const Guard guard(shard.mutex);
    shard.prefetch(nursery.addresses[i]);
  }
  uint32_t promoted = 0;
  for (; promoted < count; ++promoted) {
    Shard& shard = shard_of(nursery.addresses[promoted]);
    const Guard guard(shard.mutex);
    if (!shard.insert(nursery.blocks[promoted])) {
      break;
    }
  }
  std::copy(nursery.addresses.begin() + promoted, nursery.addresses.begin() + count,
            nursery.addresses.begin());
  std::copy(nursery.blocks.begin() + promoted, nursery.blocks.begin() + count,
            nursery.blocks.begin());
  nursery.count.store(count - promoted, std::memory_order_release);
}

bool Ledger::insert_young(const Block& block) {
  Nursery& nursery = own_nursery();
  const Guard guard(nursery.mutex);
  if (nursery.count.load(std::memory_order_relaxed) == Nursery::capacity) {
    promote(nursery);
  }
  const uint32_t at = nursery.count.load(std::memory_order_relaxed);
  if (at == Nursery::capacity) {
    return false;
  }
  nursery.addresses[at] = block.address;
  nursery.blocks[at] = block;
  nursery.count.store(at + 1, std::memory_order_relaxed);
  return true;
}

template <class Use>
bool Ledger::use_in_nursery(Nursery& nursery, uint64_t address, Use use) {
  const uint32_t index = nursery.index_of(address);
  if (index == no_slot) {
    return false;
  }
  use(nursery.blocks[index], nursery, [&nursery, index] { nursery.remove(index); });
  return true;
}

template <class Use>
bool Ledger::use_in_shard(Nursery& nursery, uint64_t address, Use use) {
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  const uint32_t index = shard.find_slot(address);
  if (index == no_slot) {
    return false;
  }
  use(shard.blocks[shard.slots[index].block - 1], nursery,
      [&shard, index] { shard.remove(index); });
  return true;
}

template <class Use>
bool Ledger::use(uint64_t address, Use use) {
  if (address == 0) {
    return false;
  }
  Nursery& own = own_nursery();
  {
    const Guard guard(own.mutex);
    if (use_in_nursery(own, address, use) || use_in_shard(own, address, use)) {
      return true;
    }
  }
  for (Nursery& other : nurseries_) {
    // Who knows the address has it from the thread that inserted it.
    if (&other == &own || other.count.load(std::memory_order_acquire) == 0) {
      continue;
    }
    const Guard guard(other.mutex);
    if (use_in_nursery(other, address, use)) {
      return true;
    }
  }
  // It may have come there since.
  const Guard guard(own.mutex);
  return use_in_shard(own, address, use);
}

bool Ledger::insert(const Block& block) {
  if (block.address == 0) {
    return true;
  }
  if (block.owner == Owner::hsa) {
    return insert_young(block);
  }
  Shard& shard = shard_of(block.address);
  const Guard guard(shard.mutex);
  return shard.insert(block);
}

bool Ledger::erase(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* erased) {
  return use(address, [&](const Block& there, Nursery& nursery, auto remove) {
    nursery.remember(there, time, thread, by);
    if (erased != nullptr) {
      *erased = there;
    }
    remove();
  });
}

bool Ledger::find(uint64_t address, Block* found) {
  return use(address, [&](const Block& there, Nursery&, auto) { *found = there; });
}

bool Ledger::adopt(const Block& block) {
  bool adopted = false;
  use(block.address, [&](Block& there, Nursery&, auto) {
    if (there.owner == Owner::hsa) {
      Block both = block;
      both.owner = Owner::hsa;
      both.place = there.place;
      both.charged = there.charged;
      both.device = there.device;
      both.alias = there.alias;
      both.made_noncoherent = there.made_noncoherent;
      both.on_host = there.on_host;
      there = both;
      adopted = true;
    }
  });
  return adopted || insert(block);
}

bool Ledger::release(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* before) {
  bool gone = false;
  *before = Block{};
  use(address, [&](Block& there, Nursery& nursery, auto remove) {
    *before = there;
    if (there.owner == Owner::hsa) {
      there.released = time;
      return;
    }
    nursery.remember(there, time, thread, by);
    remove();
    gone = true;
  });
  return gone;
}

void Ledger::restore(const Block& before) {
  if (before.address == 0) {
    return;
  }
  if (before.owner == Owner::hsa) {
    use(before.address, [&](Block& there, Nursery&, auto) { there = before; });
    return;
  }
  // Not freed after all. Only the newest of that address can be meant, and this thread freed it.
  Nursery& nursery = own_nursery();
  {
    const Guard guard(nursery.mutex);
    const uint64_t kept = nursery.freed_count < remembered ? nursery.freed_count : remembered;
    for (uint64_t i = 1; nursery.freed != nullptr && i <= kept; ++i) {
      Block& freed = nursery.freed[(nursery.freed_count - i) % remembered].block;
      if (freed.address == before.address) {
        freed.address = 0;
        break;
      }
    }
  }
  insert(before);
}

size_t Ledger::live() const {
  size_t total = 0;
  for (const Nursery& nursery : nurseries_) {
    total += nursery.count.load(std::memory_order_relaxed);
  }
  for (const Shard& shard : shards_) {
    total += shard.count.load(std::memory_order_relaxed);
  }
  return total;
}

size_t Ledger::visit(void* context, LiveVisitor see_live, FreedVisitor see_freed,
                     uint32_t milliseconds) {
  size_t unread = 0;
  std::array<bool, nurseries> locked{};
  // All of them first, so that no block moves into a table meanwhile and is seen twice.
  for (size_t n = 0; n < nurseries; ++n) {
    Nursery& nursery = nurseries_[n];
    locked[n] = nursery.mutex.lock_within(milliseconds);
    if (!locked[n]) {
      ++unread;
      continue;
    }
    for (size_t i = 0; i < nursery.count.load(std::memory_order_relaxed); ++i) {
      see_live(context, nursery.blocks[i]);
    }
    for (size_t i = 0; nursery.freed != nullptr && i < remembered && i < nursery.freed_count; ++i) {
      if (nursery.freed[i].block.address != 0) {
        see_freed(context, nursery.freed[i]);
      }
    }
  }
  for (Shard& shard : shards_) {
    if (!shard.mutex.lock_within(milliseconds)) {
      ++unread;
      continue;
    }
    for (size_t i = 0; shard.slots != nullptr && i < size_t{1} << shard.bits; ++i) {
      if (shard.slots[i].block != 0) {
        see_live(context, shard.blocks[shard.slots[i].block - 1]);
      }
    }
    shard.mutex.unlock();
  }
  for (size_t n = 0; n < nurseries; ++n) {
    if (locked[n]) {
      nurseries_[n].mutex.unlock();
    }
  }
  return unread;
}

void Ledger::clear() {
  for (Nursery& nursery : nurseries_) {
    const Guard guard(nursery.mutex);
    nursery.count.store(0, std::memory_order_relaxed);
    nursery.freed_count = 0;
  }
  for (Shard& shard : shards_) {
    const Guard guard(shard.mutex);
    for (size_t i = 0; shard.slots != nullptr && i < size_t{1} << shard.bits; ++i) {
      shard.slots[i] = {};
    }
    if (shard.blocks != nullptr) {
      shard.free_block = no_block;
      shard.link_unused(0, blocks_for(shard.bits));
    }
    shard.count.store(0, std::memory_order_relaxed);
  }
}

}  // namespace rocmfix::hip
