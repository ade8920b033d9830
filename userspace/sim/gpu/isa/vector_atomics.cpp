// SPDX-License-Identifier: MIT
// FLAT, GLOBAL and MUBUF: atomics. They are atomic for the processor's other threads too.
#include "gpu/isa/addressing.hpp"
#include "gpu/isa/atomics.hpp"
#include "gpu/isa/table.hpp"
#include "gpu/isa/waits.hpp"

namespace rocmfix::sim::isa {

namespace {

template <auto F, class T>
T exchange(T* at, T data, T compare) {
  T old = __atomic_load_n(at, __ATOMIC_SEQ_CST);
  while (!__atomic_compare_exchange_n(at, &old, F(old, data, compare), false, __ATOMIC_SEQ_CST,
                                      __ATOMIC_SEQ_CST)) {
  }
  return old;
}

// Where the operands are. With glc the old value is returned: FLAT has one operand more, MUBUF puts
// it where the data were.
struct Positions {
  unsigned address, data;
  Positions(const Instruction& in, Space space) {
    const unsigned shift = in.glc ? 1 : 0;
    address = space == Space::buffer ? 1 : shift;
    data = space == Space::buffer ? 0 : 1 + shift;
  }
};

template <Space Where, auto F, class T, bool Compares>
void run_atomic(Wave& wave, const Instruction& in) {
  const Positions positions(in, Where);
  const unsigned data = in.operands[positions.data].index;
  begin_store(wave, !in.glc);
  if (in.glc) {
    begin_load(wave, in, nullptr);
  }
  for (LaneMask left = wave.exec(); left != 0; left &= left - 1) {
    const auto lane = static_cast<unsigned>(__builtin_ctzll(left));
    const Place place = locate(wave, in, Where, positions.address, lane, sizeof(T));
    const T value = lane_value<T>(wave, data, lane);
    const T compare = Compares ? lane_value<T>(wave, data + sizeof(T) / 4, lane) : 0;
    T old{0};
    const auto how = [&](void* word) {
      old = exchange<F, T>(static_cast<T*>(word), value, compare);
    };
    if (!change_place(wave, place, sizeof(T), std::ref(how))) {
      return;
    }
    if (in.glc) {
      wave.v[in.operands[0].index][lane] = static_cast<u32>(old);
      if constexpr (sizeof(T) == 8) {
        wave.v[in.operands[0].index + 1U][lane] = static_cast<u32>(old >> 32U);
      }
    }
  }
}

template <Space Where, class T>
void add_width(Table& t, const std::string& prefix, const std::string& suffix) {
  using Operations = atomic::Operations<T>;
  const auto add = [&](const char* name, Handler handler) {
    t.add(prefix + name + suffix, handler);
  };
  add("swap", run_atomic<Where, Operations::swap, T, false>);
  add("cmpswap", run_atomic<Where, Operations::compare_swap, T, true>);
  add("add", run_atomic<Where, Operations::add, T, false>);
  add("sub", run_atomic<Where, Operations::subtract, T, false>);
  add("csub", run_atomic<Where, Operations::clamped_subtract, T, false>);
  add("smin", run_atomic<Where, Operations::signed_min, T, false>);
  add("umin", run_atomic<Where, Operations::unsigned_min, T, false>);
  add("smax", run_atomic<Where, Operations::signed_max, T, false>);
  add("umax", run_atomic<Where, Operations::unsigned_max, T, false>);
  add("and", run_atomic<Where, Operations::bit_and, T, false>);
  add("or", run_atomic<Where, Operations::bit_or, T, false>);
  add("xor", run_atomic<Where, Operations::bit_xor, T, false>);
  add("inc", run_atomic<Where, Operations::increment, T, false>);
  add("dec", run_atomic<Where, Operations::decrement, T, false>);
  add("fmin", run_atomic<Where, Operations::real_min, T, false>);
  add("fmax", run_atomic<Where, Operations::real_max, T, false>);
  add("fcmpswap", run_atomic<Where, Operations::real_compare_swap, T, true>);
}

template <Space Where>
void add_space(Table& t, const std::string& prefix) {
  add_width<Where, u32>(t, prefix + "atomic_", "");
  add_width<Where, u64>(t, prefix + "atomic_", "_x2");
}

}  // namespace

void add_vector_atomics(Table& table) {
  add_space<Space::flat>(table, "flat_");
  add_space<Space::global>(table, "global_");
  add_space<Space::buffer>(table, "buffer_");
}

}  // namespace rocmfix::sim::isa
