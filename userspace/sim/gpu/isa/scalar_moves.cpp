// SPDX-License-Identifier: MIT
// SOP1 and the moves of SOPK: one source, masks of lanes, relative moves.
#include <bit>

#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

namespace {

template <auto F, class D, class A>
void run_unary(Wave& wave, const Instruction& in) {
  write_scalar<D>(wave, in.operands[0].index, F(wave.scc, read_scalar<A>(wave, in.operands[1])));
}
template <auto F>
struct Pick {
  template <class D, class A>
  static constexpr Handler unary(D (* /*unused*/)(bool&, A)) {
    return run_unary<F, D, A>;
  }
};
template <auto F>
constexpr Handler unary_op = Pick<F>::unary(+F);

// D = exec; exec = F(source, exec)
template <auto F, class T>
void save_exec(Wave& wave, const Instruction& in) {
  const T before = static_cast<T>(
      read_scalar<T>(wave, Operand{.kind = Operand::Kind::scalar, .index = exec_lo}));
  const T result = F(read_scalar<T>(wave, in.operands[1]), before);
  write_scalar<T>(wave, in.operands[0].index, before);
  write_scalar<T>(wave, exec_lo, result);
  wave.scc = result != 0;
}
// exec = F(source, exec); D = exec
template <auto F, class T>
void write_exec(Wave& wave, const Instruction& in) {
  const T before = static_cast<T>(
      read_scalar<T>(wave, Operand{.kind = Operand::Kind::scalar, .index = exec_lo}));
  const T result = F(read_scalar<T>(wave, in.operands[1]), before);
  write_scalar<T>(wave, exec_lo, result);
  write_scalar<T>(wave, in.operands[0].index, result);
  wave.scc = result != 0;
}

template <class T>
void add_save_exec(Table& t, const std::string& b) {
  const std::string save = "_saveexec_b" + b;
  t.add("s_and" + save, save_exec<[](T s, T e) -> T { return s & e; }, T>);
  t.add("s_or" + save, save_exec<[](T s, T e) -> T { return s | e; }, T>);
  t.add("s_xor" + save, save_exec<[](T s, T e) -> T { return s ^ e; }, T>);
  t.add("s_andn2" + save, save_exec<[](T s, T e) -> T { return s & ~e; }, T>);
  t.add("s_orn2" + save, save_exec<[](T s, T e) -> T { return s | ~e; }, T>);
  t.add("s_nand" + save, save_exec<[](T s, T e) -> T { return ~(s & e); }, T>);
  t.add("s_nor" + save, save_exec<[](T s, T e) -> T { return ~(s | e); }, T>);
  t.add("s_xnor" + save, save_exec<[](T s, T e) -> T { return ~(s ^ e); }, T>);
  t.add("s_andn1" + save, save_exec<[](T s, T e) -> T { return ~s & e; }, T>);
  t.add("s_orn1" + save, save_exec<[](T s, T e) -> T { return ~s | e; }, T>);
  t.add("s_andn1_wrexec_b" + b, write_exec<[](T s, T e) -> T { return ~s & e; }, T>);
  t.add("s_andn2_wrexec_b" + b, write_exec<[](T s, T e) -> T { return s & ~e; }, T>);
}

template <class T>
T reversed(T value) {
  T result = 0;
  for (unsigned i = 0; i < sizeof(T) * 8; ++i) {
    result = static_cast<T>(result << 1U | (value >> i & 1U));
  }
  return result;
}

// Any lane of a quad makes all four of them.
template <class T>
T whole_quads(T mask) {
  T any = static_cast<T>((mask | mask >> 1U | mask >> 2U | mask >> 3U) &
                         static_cast<T>(0x1111111111111111ULL));
  return static_cast<T>(any * 15U);
}
template <class T>
T quad_bits(T mask) {
  T result = 0;
  for (unsigned i = 0; i < sizeof(T) * 2; ++i) {
    result |= static_cast<T>((mask >> i * 4 & 0xfU) != 0 ? 1 : 0) << i;
  }
  return result;
}

template <class T>
void add_bits(Table& t, const std::string& b) {
  using Signed = std::make_signed_t<T>;
  t.add("s_mov_b" + b, unary_op<[](bool&, T a) { return a; }>);
  t.add("s_not_b" + b, unary_op<[](bool& scc, T a) -> T {
          scc = ~a != 0;
          return ~a;
        }>);
  t.add("s_wqm_b" + b, unary_op<[](bool& scc, T a) -> T {
          scc = whole_quads(a) != 0;
          return whole_quads(a);
        }>);
  t.add("s_quadmask_b" + b, unary_op<[](bool& scc, T a) -> T {
          scc = quad_bits(a) != 0;
          return quad_bits(a);
        }>);
  t.add("s_brev_b" + b, unary_op<[](bool&, T a) -> T { return reversed(a); }>);
  t.add("s_bcnt0_i32_b" + b, unary_op<[](bool& scc, T a) -> i32 {
          scc = std::popcount(static_cast<T>(~a)) != 0;
          return std::popcount(static_cast<T>(~a));
        }>);
  t.add("s_bcnt1_i32_b" + b, unary_op<[](bool& scc, T a) -> i32 {
          scc = std::popcount(a) != 0;
          return std::popcount(a);
        }>);
  t.add("s_ff0_i32_b" + b, unary_op<[](bool&, T a) -> i32 {
          return static_cast<T>(~a) == 0 ? -1 : std::countr_one(a);
        }>);
  t.add("s_ff1_i32_b" + b,
        unary_op<[](bool&, T a) -> i32 { return a == 0 ? -1 : std::countr_zero(a); }>);
  t.add("s_flbit_i32_b" + b,
        unary_op<[](bool&, T a) -> i32 { return a == 0 ? -1 : std::countl_zero(a); }>);
  t.add(b == "32" ? "s_flbit_i32" : "s_flbit_i32_i64", unary_op<[](bool&, Signed a) -> i32 {
          const T turned = static_cast<T>(a < 0 ? ~a : a);
          return turned == 0 ? -1 : std::countl_zero(turned);
        }>);
  t.add("s_cmov_b" + b, [](Wave& wave, const Instruction& in) {
    if (wave.scc) {
      write_scalar<T>(wave, in.operands[0].index, read_scalar<T>(wave, in.operands[1]));
    }
  });
  t.add("s_bitset0_b" + b, [](Wave& wave, const Instruction& in) {
    const T bit = T{1} << (scalar32(wave, in.operands[1]) & (sizeof(T) * 8 - 1));
    write_scalar<T>(wave, in.operands[0].index, read_scalar<T>(wave, in.operands[0]) & ~bit);
  });
  t.add("s_bitset1_b" + b, [](Wave& wave, const Instruction& in) {
    const T bit = T{1} << (scalar32(wave, in.operands[1]) & (sizeof(T) * 8 - 1));
    write_scalar<T>(wave, in.operands[0].index, read_scalar<T>(wave, in.operands[0]) | bit);
  });
}

// M0 is added to a register's number; beyond the last one is nothing.
template <class T, bool Source>
void move_relative(Wave& wave, const Instruction& in) {
  Operand from = in.operands[1];
  u32 to = in.operands[0].index;
  const u32 relative = wave.s[m0] & 0xffffU;
  if constexpr (Source) {
    from.index = static_cast<std::uint16_t>(from.index + relative);
  } else {
    to += relative;
  }
  constexpr unsigned registers = 106;
  if (from.index < registers && to < registers) {
    write_scalar<T>(wave, to, read_scalar<T>(wave, from));
  }
}

void add_words(Table& t) {
  t.add("s_sext_i32_i8", unary_op<[](bool&, u32 a) -> i32 { return static_cast<std::int8_t>(a); }>);
  t.add("s_sext_i32_i16",
        unary_op<[](bool&, u32 a) -> i32 { return static_cast<std::int16_t>(a); }>);
  t.add("s_abs_i32", unary_op<[](bool& scc, u32 a) -> u32 {
          const u32 result = static_cast<i32>(a) < 0 ? 0U - a : a;
          scc = result != 0;
          return result;
        }>);
  t.add("s_bitreplicate_b64_b32", unary_op<[](bool&, u32 a) -> u64 {
          u64 result = 0;
          for (unsigned i = 0; i < 32; ++i) {
            result |= (a >> i & 1U) != 0 ? u64{3} << i * 2 : 0;
          }
          return result;
        }>);
  t.add("s_movk_i32", [](Wave& wave, const Instruction& in) {
    wave.set32(in.operands[0].index, static_cast<u32>(i32{in.simm16()}));
  });
  t.add("s_cmovk_i32", [](Wave& wave, const Instruction& in) {
    if (wave.scc) {
      wave.set32(in.operands[0].index, static_cast<u32>(i32{in.simm16()}));
    }
  });
  t.add("s_movrels_b32", move_relative<u32, true>);
  t.add("s_movrels_b64", move_relative<u64, true>);
  t.add("s_movreld_b32", move_relative<u32, false>);
  t.add("s_movreld_b64", move_relative<u64, false>);
}

}  // namespace

void add_scalar_moves(Table& table) {
  add_save_exec<u32>(table, "32");
  add_save_exec<u64>(table, "64");
  add_bits<u32>(table, "32");
  add_bits<u64>(table, "64");
  add_words(table);
}

}  // namespace rocmfix::sim::isa
