// SPDX-License-Identifier: MIT
#include "gpu/isa/waits.hpp"

#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

// A value is taken when the load is issued or when it is waited for: both are allowed, and so is
// all in between.
void settle(Wave& wave, LoadInFlight& load) {
  if (load.finish != nullptr) {
    load.finish(wave, load, !load.settled && wave.group->memory->is_late());
  }
  load.settled = true;
}

// They write their registers in the order of their issue.
void wait_loads(Wave& wave, std::size_t left) {
  if (wave.in_flight == nullptr) {
    return;
  }
  auto& loads = wave.in_flight->loads;
  while (loads.size() > left) {
    settle(wave, loads.front());
    loads.pop_front();
  }
}

void wait_stores(Wave& wave, std::uint64_t left) {
  if (wave.in_flight != nullptr) {
    wave.group->memory->wait_stores(left);
  }
}

// A constant and a register.
std::uint32_t count_of(const Wave& wave, const Instruction& in) {
  const std::uint32_t constant = static_cast<std::uint16_t>(in.simm16());
  return (constant + scalar32(wave, in.operands[0])) & 0x3fU;
}

void wait_counters(Wave& wave, const Instruction& in) {
  const auto simm = static_cast<std::uint16_t>(in.simm16());
  wait_loads(wave, (simm & 0xfU) | (simm >> 14U & 3U) << 4U);
}

template <CacheLevel Level>
void invalidate(Wave& wave, const Instruction& /*in*/) {
  if (wave.in_flight != nullptr) {
    wave.group->memory->invalidate(Level);
  }
}

}  // namespace

LoadInFlight* begin_load(Wave& wave, const Instruction& in, LoadInFlight::Finish finish) {
  if (wave.in_flight == nullptr) {
    return nullptr;
  }
  constexpr std::size_t most = 63;  // vmcnt has six bits
  wait_loads(wave, most - 1);
  LoadInFlight& load = wave.in_flight->loads.emplace_back();
  load.finish = finish;
  load.in = &in;
  return &load;
}

void begin_store(Wave& wave, bool counts) {
  if (wave.in_flight == nullptr) {
    return;
  }
  for (LoadInFlight& load : wave.in_flight->loads) {
    settle(wave, load);
  }
  if (counts) {
    wave.group->memory->begin_store();
  }
}

void add_waits(Table& table) {
  table.add("s_waitcnt", wait_counters);
  table.add("s_waitcnt_vmcnt",
            [](Wave& w, const Instruction& in) { wait_loads(w, count_of(w, in)); });
  table.add("s_waitcnt_vscnt",
            [](Wave& w, const Instruction& in) { wait_stores(w, count_of(w, in)); });
  table.add("s_waitcnt_idle", [](Wave& w, const Instruction&) {
    wait_loads(w, 0);
    wait_stores(w, 0);
  });
  table.add("buffer_gl0_inv", invalidate<CacheLevel::l0>);
  table.add("buffer_gl1_inv", invalidate<CacheLevel::gl1>);
  table.add("s_gl1_inv", invalidate<CacheLevel::gl1>);
  table.add("s_dcache_inv", invalidate<CacheLevel::scalar>);
}

}  // namespace rocmfix::sim::isa
