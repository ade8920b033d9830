// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include <sys/mman.h>

namespace rocmfix::hip {

namespace {

constexpr uint32_t first_bits = 8;
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

Block* Ledger::Shard::look_up(uint64_t address) const {
  const uint32_t index = find_slot(address);
  return index == no_slot ? nullptr : &blocks[slots[index].block - 1];
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

void Ledger::Shard::remember(const Block& block, uint64_t time, uint32_t thread, Api by) {
  if (freed == nullptr) {
    freed = map_pages<FreedBlock>(remembered);
  }
  if (freed != nullptr) {
    freed[freed_count++ % remembered] = {block, time, thread, by};
  }
}

bool Ledger::insert(const Block& block) {
  if (block.address == 0) {
    return true;
  }
  Shard& shard = shard_of(block.address);
  const Guard guard(shard.mutex);
  uint32_t index = 0;
  if (shard.slots != nullptr) {
    index = shard.index_of(block.address);
    if (shard.slots[index].block != 0) {
      shard.blocks[shard.slots[index].block - 1] = block;
      return true;
    }
  }
  if (shard.slots == nullptr || shard.free_block == no_block) {
    if (!shard.grow()) {
      return false;
    }
    index = shard.index_of(block.address);
  }
  const uint32_t taken = shard.free_block;
  shard.free_block = shard.blocks[taken].thread;
  shard.blocks[taken] = block;
  shard.slots[index] = {.hash = hash_of(block.address), .block = taken + 1};
  shard.count.store(shard.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

bool Ledger::erase(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* erased) {
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  const uint32_t index = shard.find_slot(address);
  if (index == no_slot) {
    return false;
  }
  const Block& there = shard.blocks[shard.slots[index].block - 1];
  shard.remember(there, time, thread, by);
  if (erased != nullptr) {
    *erased = there;
  }
  shard.remove(index);
  return true;
}

bool Ledger::find(uint64_t address, Block* found) {
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  const Block* there = shard.look_up(address);
  if (there == nullptr) {
    return false;
  }
  *found = *there;
  return true;
}

bool Ledger::adopt(const Block& block) {
  Block adopted = block;
  {
    Shard& shard = shard_of(block.address);
    const Guard guard(shard.mutex);
    Block* there = shard.look_up(block.address);
    if (there != nullptr && there->owner == Owner::hsa) {
      adopted.owner = Owner::hsa;
      adopted.place = there->place;
      adopted.charged = there->charged;
      adopted.device = there->device;
      adopted.alias = there->alias;
      adopted.made_noncoherent = there->made_noncoherent;
      adopted.on_host = there->on_host;
      *there = adopted;
      return true;
    }
  }
  return insert(adopted);
}

bool Ledger::release(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* before) {
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  *before = Block{};
  const uint32_t index = shard.find_slot(address);
  if (index == no_slot) {
    return false;
  }
  Block& there = shard.blocks[shard.slots[index].block - 1];
  *before = there;
  if (there.owner == Owner::hsa) {
    there.released = time;
    return false;
  }
  shard.remember(there, time, thread, by);
  shard.remove(index);
  return true;
}

void Ledger::restore(const Block& before) {
  if (before.address == 0) {
    return;
  }
  if (before.owner == Owner::hip) {
    Shard& shard = shard_of(before.address);
    const Guard guard(shard.mutex);
    // Not freed after all. Only the newest of that address can be meant.
    const uint64_t kept = shard.freed_count < remembered ? shard.freed_count : remembered;
    for (uint64_t i = 1; shard.freed != nullptr && i <= kept; ++i) {
      Block& freed = shard.freed[(shard.freed_count - i) % remembered].block;
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
  for (const Shard& shard : shards_) {
    total += shard.count.load(std::memory_order_relaxed);
  }
  return total;
}

size_t Ledger::visit(void* context, LiveVisitor see_live, FreedVisitor see_freed,
                     uint32_t milliseconds) {
  size_t unread = 0;
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
    for (size_t i = 0; shard.freed != nullptr && i < remembered && i < shard.freed_count; ++i) {
      if (shard.freed[i].block.address != 0) {
        see_freed(context, shard.freed[i]);
      }
    }
    shard.mutex.unlock();
  }
  return unread;
}

void Ledger::before_fork() {
  for (Shard& shard : shards_) {
    shard.mutex.lock();
  }
}

void Ledger::after_fork() {
  for (Shard& shard : shards_) {
    shard.mutex.unlock();
  }
}

void Ledger::clear() {
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
    shard.freed_count = 0;
  }
}

}  // namespace rocmfix::hip
