// SPDX-License-Identifier: MIT
#include "gpu/cache/hierarchy.hpp"

#include <algorithm>
#include <cstring>

namespace rocmfix::sim::cache {

namespace {

constexpr unsigned units = 2;              // CUs of a WGP
constexpr std::uint64_t most_stores = 63;  // vscnt has six bits

}  // namespace

Hierarchy::Hierarchy(const Shape& shape, const Chance& chance, isa::Memory& below)
    : chance_(chance),
      below_(below),
      group_processors_(shape.group_processors),
      l0_(std::size_t{shape.arrays} * shape.group_processors * units, Cache(shape.l0_bytes)),
      scalar_(std::size_t{shape.arrays} * shape.group_processors, Cache(shape.l0_bytes)),
      gl1_(shape.arrays, Cache(shape.gl1_bytes)),
      gl2_(shape.gl2_bytes, chance_, below) {}

// Neighbouring workgroups are on neighbouring WGPs, round and round.
std::unique_ptr<Port> Hierarchy::port(const isa::Seat& seat) {
  const auto all = static_cast<unsigned>(scalar_.size());
  const unsigned number = seat.group[0] + 31 * seat.group[1] + 961 * seat.group[2];
  auto port = std::make_unique<Port>();
  port->group_processor = number % all;
  port->array = port->group_processor / group_processors_;
  port->unit = port->group_processor * units + (seat.both_units ? seat.wave : number / all) % units;
  return port;
}

Cache& Hierarchy::first_level(const Port& port, bool scalar) {
  return scalar ? scalar_.at(port.group_processor) : l0_.at(port.unit);
}

// ---------------------------------------------------------------- what nothing demands

void Hierarchy::tick(Port& port) {
  const Chance::Rates& rates = chance_.rates();
  if (!port.stores.empty() && chance_.one_in(rates.perform_store)) {
    const std::uint64_t line = line_of(port.stores.at(chance_.below(port.stores.size())).va);
    const auto first = std::find_if(port.stores.begin(), port.stores.end(),
                                    [&](const Store& store) { return line_of(store.va) == line; });
    perform(port, *first);
    port.stores.erase(first);
  }
  for (const bool scalar : {false, true}) {
    if (chance_.one_in(rates.drop_l0)) {
      Cache& cache = first_level(port, scalar);
      cache.drop(cache.any(chance_).address);
    }
  }
  if (chance_.one_in(rates.drop_gl1)) {
    Cache& cache = gl1_.at(port.array);
    cache.drop(cache.any(chance_).address);
  }
  gl2_.tick();
}

void Hierarchy::pass_time(Port& port) {
  const std::lock_guard lock(mutex_);
  tick(port);
}

bool Hierarchy::is_late() {
  const std::lock_guard lock(mutex_);
  return chance_.one_in(chance_.rates().late_load);
}

// ---------------------------------------------------------------- loads

bool Hierarchy::load(Port& port, std::uint64_t va, void* out, std::size_t size, isa::Policy policy,
                     Mtype mtype) {
  const std::lock_guard lock(mutex_);
  tick(port);
  perform_line(port, line_of(va));  // a wave sees its own stores
  const Line* const line = read_line(port, line_of(va), policy, mtype);
  if (line != nullptr) {
    std::memcpy(out, line->bytes.data() + va % line_size, size);
  }
  return line != nullptr;
}

const Line* Hierarchy::read_line(const Port& port, std::uint64_t address, isa::Policy policy,
                                 Mtype mtype) {
  Cache& first = first_level(port, policy.scalar);
  if (policy.glc) {
    first.drop(address);
  } else if (const Line* const hit = first.find(address)) {
    return hit;
  }
  const bool around = policy.dlc || (policy.glc && policy.slc);
  const Line* const line = read_gl1(port, address, around, mtype);
  return line == nullptr || policy.glc ? line : &keep(first, address, *line);
}

const Line* Hierarchy::read_gl1(const Port& port, std::uint64_t address, bool around, Mtype mtype) {
  Cache& gl1 = gl1_.at(port.array);
  if (around) {
    gl1.drop(address);
  } else if (const Line* const hit = gl1.find(address)) {
    return hit;
  }
  const Line* const line = goes_round_gl2(mtype) ? gl2_.read_around(address) : gl2_.read(address);
  return line == nullptr || around ? line : &keep(gl1, address, *line);
}

Line& Hierarchy::keep(Cache& cache, std::uint64_t address, const Line& line) {
  if (cache.is_full()) {
    cache.drop(cache.any(chance_).address);
  }
  Line& kept = cache.take(address);
  kept = line;
  kept.dirty.reset();
  return kept;
}

// ---------------------------------------------------------------- stores and atomics

void Hierarchy::begin_store(Port& port) {
  wait_stores(port, most_stores - 1);
  ++port.instructions;
}

void Hierarchy::store(Port& port, std::uint64_t va, const void* in, std::size_t size, Mtype mtype) {
  const std::lock_guard lock(mutex_);
  Store store{va, static_cast<std::uint8_t>(size), mtype, port.instructions, {}};
  std::memcpy(store.bytes.data(), in, size);
  port.stores.push_back(store);
  tick(port);
}

void Hierarchy::perform(const Port& port, const Store& store) {
  const std::uint64_t address = line_of(store.va);
  Cache& l0 = l0_.at(port.unit);
  if (Line* const line = l0.find(address)) {  // which of the two, is not documented
    if (chance_.one_in(2)) {
      patch(*line, store);
    } else {
      l0.drop(address);
    }
  }
  gl1_.at(port.array).drop(address);
  if (goes_round_gl2(store.mtype)) {
    below_.write(store.va, store.bytes.data(), store.size);
  } else {
    patch(gl2_.take(address), store);
  }
}

void Hierarchy::perform_line(Port& port, std::uint64_t line) {
  for (auto at = port.stores.begin(); at != port.stores.end();) {
    if (line_of(at->va) == line) {
      perform(port, *at);
      at = port.stores.erase(at);
    } else {
      ++at;
    }
  }
}

bool Hierarchy::change(Port& port, std::uint64_t va, std::size_t size,
                       const isa::Memory::Change& how, Mtype mtype) {
  const std::lock_guard lock(mutex_);
  tick(port);
  const std::uint64_t address = line_of(va);
  perform_line(port, address);
  l0_.at(port.unit).drop(address);
  gl1_.at(port.array).drop(address);
  if (goes_round_gl2(mtype)) {
    return below_.change(va, size, how);
  }
  Line* const line = gl2_.read(address);
  if (line == nullptr) {
    return false;
  }
  const std::size_t at = va % line_size;
  how(line->bytes.data() + at);
  for (std::size_t i = at; i < at + size; ++i) {
    line->dirty.set(i);
  }
  return true;
}

void Hierarchy::wait_stores(Port& port, std::uint64_t left) {
  const std::lock_guard lock(mutex_);
  while (!port.stores.empty() && port.stores.front().instruction + left <= port.instructions) {
    perform(port, port.stores.front());
    port.stores.pop_front();
  }
}

// ---------------------------------------------------------------- invalidation, fences

void Hierarchy::invalidate(const Port& port, isa::CacheLevel level) {
  const std::lock_guard lock(mutex_);
  switch (level) {
    case isa::CacheLevel::l0:
      l0_.at(port.unit).drop_all();
      break;
    case isa::CacheLevel::scalar:
      scalar_.at(port.group_processor).drop_all();
      break;
    case isa::CacheLevel::gl1:
      gl1_.at(port.array).drop_all();
      break;
  }
}

void Hierarchy::drop_upper() {
  for (auto* const level : {&l0_, &scalar_, &gl1_}) {
    for (Cache& cache : *level) {
      cache.drop_all();
    }
  }
}

void Hierarchy::acquire(Scope scope) {
  const std::lock_guard lock(mutex_);
  if (scope == Scope::none) {
    return;
  }
  drop_upper();
  if (scope == Scope::system) {
    gl2_.write_back();
    gl2_.drop_all();
  }
}

void Hierarchy::release(Scope scope) {
  const std::lock_guard lock(mutex_);
  if (scope == Scope::system) {
    gl2_.write_back();
  }
}

void Hierarchy::empty() {
  acquire(Scope::system);
}

}  // namespace rocmfix::sim::cache
