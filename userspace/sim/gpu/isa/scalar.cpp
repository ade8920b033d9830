// SPDX-License-Identifier: MIT
// SOP2, SOPC and the arithmetic of SOPK: scalar integers and bits.
#include <bit>
#include <limits>

#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

namespace {

// F(scc, a, b): scc becomes what F leaves there.
template <auto F, class D, class A, class B>
void run_binary(Wave& wave, const Instruction& in) {
  write_scalar<D>(
      wave, in.operands[0].index,
      F(wave.scc, read_scalar<A>(wave, in.operands[1]), read_scalar<B>(wave, in.operands[2])));
}
// SOPK: the destination is the first source as well, the constant the second.
template <auto F, class D, class A, class B>
void run_constant(Wave& wave, const Instruction& in) {
  write_scalar<D>(wave, in.operands[0].index,
                  F(wave.scc, read_scalar<A>(wave, in.operands[0]), static_cast<B>(in.simm16())));
}
template <auto F, class A, class B>
void run_compare(Wave& wave, const Instruction& in) {
  wave.scc = F(read_scalar<A>(wave, in.operands[0]), read_scalar<B>(wave, in.operands[1]));
}
template <auto F, class T>
void run_compare_constant(Wave& wave, const Instruction& in) {
  const auto constant = std::is_signed_v<T>
                            ? static_cast<T>(in.simm16())
                            : static_cast<T>(static_cast<std::uint16_t>(in.simm16()));
  wave.scc = F(read_scalar<T>(wave, in.operands[0]), constant);
}

template <auto F>
struct Pick {
  template <class D, class A, class B>
  static constexpr Handler binary(D (* /*unused*/)(bool&, A, B)) {
    return run_binary<F, D, A, B>;
  }
  template <class D, class A, class B>
  static constexpr Handler constant(D (* /*unused*/)(bool&, A, B)) {
    return run_constant<F, D, A, B>;
  }
  template <class A, class B>
  static constexpr Handler compare(bool (* /*unused*/)(A, B)) {
    return run_compare<F, A, B>;
  }
};
template <auto F>
constexpr Handler scalar_op = Pick<F>::binary(+F);
template <auto F>
constexpr Handler constant_op = Pick<F>::constant(+F);
template <auto F>
constexpr Handler compare_op = Pick<F>::compare(+F);

constexpr auto add_i32 = [](bool& scc, i32 a, i32 b) {
  i32 sum = 0;
  scc = __builtin_add_overflow(a, b, &sum);
  return sum;
};
constexpr auto multiply_i32 = [](bool& /*scc*/, i32 a, i32 b) {
  return static_cast<i32>(static_cast<u32>(a) * static_cast<u32>(b));
};

void add_arithmetic(Table& t) {
  t.add("s_add_u32", scalar_op<[](bool& scc, u32 a, u32 b) {
          const u32 sum = a + b;
          scc = sum < a;
          return sum;
        }>);
  t.add("s_sub_u32", scalar_op<[](bool& scc, u32 a, u32 b) {
          scc = (b > a);
          return a - b;
        }>);
  t.add("s_add_i32", scalar_op<add_i32>);
  t.add("s_addk_i32", constant_op<add_i32>);
  t.add("s_sub_i32", scalar_op<[](bool& scc, i32 a, i32 b) {
          i32 difference = 0;
          scc = __builtin_sub_overflow(a, b, &difference);
          return difference;
        }>);
  t.add("s_addc_u32", scalar_op<[](bool& scc, u32 a, u32 b) {
          const u64 sum = u64{a} + b + (scc ? 1 : 0);
          scc = (sum >> 32U != 0);
          return static_cast<u32>(sum);
        }>);
  t.add("s_subb_u32", scalar_op<[](bool& scc, u32 a, u32 b) {
          const u64 difference = u64{a} - b - (scc ? 1 : 0);
          scc = (difference >> 32U != 0);
          return static_cast<u32>(difference);
        }>);
  t.add("s_mul_i32", scalar_op<multiply_i32>);
  t.add("s_mulk_i32", constant_op<multiply_i32>);
  t.add("s_mul_hi_u32",
        scalar_op<[](bool&, u32 a, u32 b) { return static_cast<u32>(u64{a} * b >> 32U); }>);
  t.add("s_mul_hi_i32",
        scalar_op<[](bool&, i32 a, i32 b) { return static_cast<i32>(i64{a} * b >> 32); }>);
  t.add("s_absdiff_i32", scalar_op<[](bool& scc, i32 a, i32 b) {
          const u32 difference = static_cast<u32>(a) - static_cast<u32>(b);
          const u32 result = static_cast<i32>(difference) < 0 ? 0U - difference : difference;
          scc = result != 0;
          return result;
        }>);
}

template <class T>
void add_extremes(Table& t, const std::string& suffix) {
  t.add("s_min_" + suffix, scalar_op<[](bool& scc, T a, T b) {
          scc = a < b;
          return a < b ? a : b;
        }>);
  t.add("s_max_" + suffix, scalar_op<[](bool& scc, T a, T b) {
          scc = (a > b);
          return (a > b ? a : b);
        }>);
}

template <class T>
void add_logic(Table& t, const std::string& suffix) {
  const auto add = [&](const char* name, Handler handler) { t.add(name + suffix, handler); };
  add("s_and_b", scalar_op<[](bool& scc, T a, T b) {
        scc = (a & b) != 0;
        return static_cast<T>(a & b);
      }>);
  add("s_or_b", scalar_op<[](bool& scc, T a, T b) {
        scc = (a | b) != 0;
        return static_cast<T>(a | b);
      }>);
  add("s_xor_b", scalar_op<[](bool& scc, T a, T b) {
        scc = (a ^ b) != 0;
        return static_cast<T>(a ^ b);
      }>);
  add("s_andn2_b", scalar_op<[](bool& scc, T a, T b) {
        scc = (a & ~b) != 0;
        return static_cast<T>(a & ~b);
      }>);
  add("s_orn2_b", scalar_op<[](bool& scc, T a, T b) {
        scc = (a | ~b) != 0;
        return static_cast<T>(a | ~b);
      }>);
  add("s_nand_b", scalar_op<[](bool& scc, T a, T b) {
        scc = ~(a & b) != 0;
        return static_cast<T>(~(a & b));
      }>);
  add("s_nor_b", scalar_op<[](bool& scc, T a, T b) {
        scc = ~(a | b) != 0;
        return static_cast<T>(~(a | b));
      }>);
  add("s_xnor_b", scalar_op<[](bool& scc, T a, T b) {
        scc = ~(a ^ b) != 0;
        return static_cast<T>(~(a ^ b));
      }>);
  add("s_cselect_b", scalar_op<[](bool& scc, T a, T b) { return scc ? a : b; }>);
}

template <class T>
void add_shifts(Table& t, const std::string& width) {
  using Signed = std::make_signed_t<T>;
  constexpr u32 most = sizeof(T) * 8 - 1;
  t.add("s_lshl_b" + width, scalar_op<[](bool& scc, T a, u32 b) {
          const T result = a << (b & most);
          scc = result != 0;
          return result;
        }>);
  t.add("s_lshr_b" + width, scalar_op<[](bool& scc, T a, u32 b) {
          const T result = (a >> (b & most));
          scc = result != 0;
          return result;
        }>);
  t.add("s_ashr_i" + width, scalar_op<[](bool& scc, Signed a, u32 b) {
          const Signed result = (a >> (b & most));
          scc = result != 0;
          return result;
        }>);
  t.add("s_bfm_b" + width, scalar_op<[](bool&, u32 a, u32 b) {
          return static_cast<T>(((T{1} << (a & most)) - 1) << (b & most));
        }>);
  // The field: offset in the low bits, width in bits 16 to 22.
  t.add("s_bfe_u" + width, scalar_op<[](bool& scc, T a, u32 field) {
          const u32 bits = (field >> 16U & 0x7fU);
          const T moved = (a >> (field & most));
          const T result = (bits > most ? moved : moved & ((T{1} << bits) - 1));
          scc = result != 0;
          return result;
        }>);
  t.add("s_bfe_i" + width, scalar_op<[](bool& scc, Signed a, u32 field) {
          const u32 bits = (field >> 16U & 0x7fU);
          const Signed moved = (a >> (field & most));
          const u32 spare = (bits > most ? 0 : most + 1 - bits);
          const Signed result =
              (bits == 0 ? 0 : static_cast<Signed>(static_cast<T>(moved) << spare) >> spare);
          scc = result != 0;
          return result;
        }>);
}

template <u32 Count>
void add_shift_add(Table& t) {
  t.add("s_lshl" + std::to_string(Count) + "_add_u32", scalar_op<[](bool& scc, u32 a, u32 b) {
          const u64 sum = (u64{a} << Count) + b;
          scc = (sum >> 32U != 0);
          return static_cast<u32>(sum);
        }>);
}

void add_packs(Table& t) {
  t.add("s_pack_ll_b32_b16",
        scalar_op<[](bool&, u32 a, u32 b) { return (a & 0xffffU) | b << 16U; }>);
  t.add("s_pack_lh_b32_b16",
        scalar_op<[](bool&, u32 a, u32 b) { return (a & 0xffffU) | (b & 0xffff0000U); }>);
  t.add("s_pack_hh_b32_b16",
        scalar_op<[](bool&, u32 a, u32 b) { return (a >> 16U | (b & 0xffff0000U)); }>);
}

template <class T>
void add_compare(Table& t, const std::string& suffix) {
  t.add("s_cmp_eq_" + suffix, compare_op<[](T a, T b) { return a == b; }>);
  t.add("s_cmp_lg_" + suffix, compare_op<[](T a, T b) { return a != b; }>);
  if (sizeof(T) == 8) {
    return;
  }
  t.add("s_cmp_gt_" + suffix, compare_op<[](T a, T b) { return (a > b); }>);
  t.add("s_cmp_ge_" + suffix, compare_op<[](T a, T b) { return (a >= b); }>);
  t.add("s_cmp_lt_" + suffix, compare_op<[](T a, T b) { return a < b; }>);
  t.add("s_cmp_le_" + suffix, compare_op<[](T a, T b) { return a <= b; }>);
  t.add("s_cmpk_eq_" + suffix, run_compare_constant<[](T a, T b) { return a == b; }, T>);
  t.add("s_cmpk_lg_" + suffix, run_compare_constant<[](T a, T b) { return a != b; }, T>);
  t.add("s_cmpk_gt_" + suffix, run_compare_constant<[](T a, T b) { return (a > b); }, T>);
  t.add("s_cmpk_ge_" + suffix, run_compare_constant<[](T a, T b) { return (a >= b); }, T>);
  t.add("s_cmpk_lt_" + suffix, run_compare_constant<[](T a, T b) { return a < b; }, T>);
  t.add("s_cmpk_le_" + suffix, run_compare_constant<[](T a, T b) { return a <= b; }, T>);
}

}  // namespace

void add_scalar(Table& table) {
  add_arithmetic(table);
  add_extremes<i32>(table, "i32");
  add_extremes<u32>(table, "u32");
  add_logic<u32>(table, "32");
  add_logic<u64>(table, "64");
  add_shifts<u32>(table, "32");
  add_shifts<u64>(table, "64");
  add_shift_add<1>(table);
  add_shift_add<2>(table);
  add_shift_add<3>(table);
  add_shift_add<4>(table);
  add_packs(table);
  add_compare<i32>(table, "i32");
  add_compare<u32>(table, "u32");
  add_compare<u64>(table, "u64");
  table.add("s_bitcmp0_b32", compare_op<[](u32 a, u32 b) { return (a >> (b & 31U) & 1U) == 0; }>);
  table.add("s_bitcmp1_b32", compare_op<[](u32 a, u32 b) { return (a >> (b & 31U) & 1U) != 0; }>);
  table.add("s_bitcmp0_b64", compare_op<[](u64 a, u32 b) { return (a >> (b & 63U) & 1U) == 0; }>);
  table.add("s_bitcmp1_b64", compare_op<[](u64 a, u32 b) { return (a >> (b & 63U) & 1U) != 0; }>);
}

}  // namespace rocmfix::sim::isa
