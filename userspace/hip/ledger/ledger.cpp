// SPDX-License-Identifier: MIT
#include "ledger/ledger.hpp"

#include <sys/mman.h>

#include <algorithm>

namespace rocmfix::hip {

namespace {

constexpr uint32_t first_bits = 6;  // a page of slots
constexpr size_t most_slots = 2 * Ledger::most_in_shard;

size_t size_of_slots(uint32_t bits) {
  return sizeof(Block) << bits;
}

template <class T>
T* map_pages(size_t size) {
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<T*>(memory);
}

}  // namespace

/// Of the bits after those that say which shard.
uint32_t Ledger::Shard::home_of(uint64_t address) const {
  return static_cast<uint32_t>(hash(address) << shard_bits >> (64U - bits));
}

Block* Ledger::Shard::find(uint64_t address) const {
  if (slots == nullptr) {
    return nullptr;
  }
  for (uint32_t index = home_of(address); slots[index].address != 0; index = (index + 1) & mask()) {
    if (slots[index].address == address) {
      return &slots[index];
    }
  }
  return nullptr;
}

/// There is an empty slot.
void Ledger::Shard::add(const Block& block) const {
  uint32_t index = home_of(block.address);
  while (slots[index].address != 0) {
    index = (index + 1) & mask();
  }
  slots[index] = block;
}

bool Ledger::Shard::insert(const Block& block) {
  const bool is_lock = block.owner == Owner::hsa && block.place == Place::registered;
  if (Block* const there = is_lock ? nullptr : find(block.address); there != nullptr) {
    *there = block;
    return true;
  }
  const uint32_t had = count.load(std::memory_order_relaxed);
  if ((slots == nullptr || had >= (1U << bits) / 2) && !grow()) {
    return false;
  }
  add(block);
  count.store(had + 1, std::memory_order_relaxed);
  return true;
}

bool Ledger::Shard::grow() {
  const uint32_t old_bits = bits;
  Block* const old = slots;
  const uint32_t new_bits = old == nullptr ? first_bits : old_bits + 1;
  if (size_t{1} << new_bits > most_slots) {
    return false;
  }
  auto* const larger = map_pages<Block>(size_of_slots(new_bits));
  if (larger == nullptr) {
    return false;
  }
  slots = larger;
  bits = new_bits;
  if (old != nullptr) {
    for (size_t i = 0; i < size_t{1} << old_bits; ++i) {
      if (old[i].address != 0) {
        add(old[i]);
      }
    }
    munmap(old, size_of_slots(old_bits));
  }
  return true;
}

/// Fills the hole from the run behind it: a search ends at an empty slot.
void Ledger::Shard::remove(Block* block) {
  auto hole = static_cast<uint32_t>(block - slots);
  for (uint32_t next = (hole + 1) & mask(); slots[next].address != 0; next = (next + 1) & mask()) {
    const uint32_t from_home = (next - home_of(slots[next].address)) & mask();
    const uint32_t from_hole = (next - hole) & mask();
    if (from_home >= from_hole) {
      slots[hole] = slots[next];
      hole = next;
    }
  }
  slots[hole].address = 0;
  count.store(count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

void Ledger::Shard::remember(const Block& block, uint64_t time, uint32_t thread, Api by) {
  if (freed == nullptr) {
    freed = map_pages<FreedBlock>(remembered * sizeof(FreedBlock));
  }
  if (freed != nullptr) {
    freed[freed_count++ % remembered] = {block, time, thread, by};
  }
}

/// What was remembered last of this address was not freed.
void Ledger::Shard::take_back(uint64_t address) const {
  const uint64_t kept = std::min<uint64_t>(freed_count, remembered);
  for (uint64_t i = 1; i <= kept; ++i) {
    Block& block = freed[(freed_count - i) % remembered].block;
    if (block.address == address) {
      block.address = 0;
      return;
    }
  }
}

bool Ledger::insert(const Block& block) {
  if (block.address == 0) {
    return true;
  }
  Shard& shard = shard_of(block.address);
  const Guard guard(shard.mutex);
  return shard.insert(block);
}

bool Ledger::erase(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* erased) {
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  Block* const there = shard.find(address);
  if (there == nullptr) {
    return false;
  }
  if (erased != nullptr) {
    *erased = *there;
  }
  shard.remember(*there, time, thread, by);
  shard.remove(there);
  return true;
}

bool Ledger::find(uint64_t address, Block* found) {
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  const Block* const there = shard.find(address);
  if (there != nullptr) {
    *found = *there;
  }
  return there != nullptr;
}

bool Ledger::adopt(const Block& block) {
  if (block.address == 0) {
    return true;
  }
  Shard& shard = shard_of(block.address);
  const Guard guard(shard.mutex);
  Block* const there = shard.find(block.address);
  if (there == nullptr || there->owner != Owner::hsa) {
    return shard.insert(block);
  }
  Block both = block;
  both.owner = Owner::hsa;
  both.place = there->place;
  both.charged = there->charged;
  both.device = there->device;
  both.alias = there->alias;
  both.made_noncoherent = there->made_noncoherent;
  both.on_host = there->on_host;
  *there = both;
  return true;
}

bool Ledger::release(uint64_t address, uint64_t time, uint32_t thread, Api by, Block* before) {
  *before = Block{};
  Shard& shard = shard_of(address);
  const Guard guard(shard.mutex);
  Block* const there = shard.find(address);
  if (there == nullptr) {
    return false;
  }
  *before = *there;
  if (there->owner == Owner::hsa) {
    there->released = time;
    return false;
  }
  shard.remember(*there, time, thread, by);
  shard.remove(there);
  return true;
}

void Ledger::restore(const Block& before) {
  if (before.address == 0) {
    return;
  }
  Shard& shard = shard_of(before.address);
  const Guard guard(shard.mutex);
  if (before.owner == Owner::hsa) {
    if (Block* const there = shard.find(before.address); there != nullptr) {
      *there = before;
    }
    return;
  }
  shard.take_back(before.address);
  shard.insert(before);
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
      if (shard.slots[i].address != 0) {
        see_live(context, shard.slots[i]);
      }
    }
    for (size_t i = 0; i < std::min<uint64_t>(shard.freed_count, remembered); ++i) {
      if (shard.freed[i].block.address != 0) {
        see_freed(context, shard.freed[i]);
      }
    }
    shard.mutex.unlock();
  }
  return unread;
}

void Ledger::clear() {
  for (Shard& shard : shards_) {
    const Guard guard(shard.mutex);
    std::fill_n(shard.slots, shard.slots == nullptr ? 0 : size_t{1} << shard.bits, Block{});
    shard.count.store(0, std::memory_order_relaxed);
    shard.freed_count = 0;
  }
}

}  // namespace rocmfix::hip
