// SPDX-License-Identifier: MIT
// VOPC: a bit a lane, into a mask (v_cmp) or into EXEC (v_cmpx, which on GFX10 writes nothing
// else).
#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

template <auto F>
void add_one(Table& t, const std::string& name) {
  t.add("v_cmp_" + name, PickCompare<F>::plain(+F));
  t.add("v_cmpx_" + name, PickCompare<F>::exec(+F));
}

template <class T>
void add_integer(Table& t, const std::string& s) {
  add_one<[](T a, T b) { return a < b; }>(t, "lt_" + s);
  add_one<[](T a, T b) { return a == b; }>(t, "eq_" + s);
  add_one<[](T a, T b) { return a <= b; }>(t, "le_" + s);
  add_one<[](T a, T b) { return (a > b); }>(t, "gt_" + s);
  add_one<[](T a, T b) { return a != b; }>(t, "ne_" + s);
  add_one<[](T a, T b) { return (a >= b); }>(t, "ge_" + s);
  add_one<[](T, T) { return false; }>(t, "f_" + s);
  add_one<[](T, T) { return true; }>(t, "t_" + s);
}

template <class T>
void add_real(Table& t, const std::string& s) {
  add_one<[](T a, T b) { return a < b; }>(t, "lt_" + s);
  add_one<[](T a, T b) { return a == b; }>(t, "eq_" + s);
  add_one<[](T a, T b) { return a <= b; }>(t, "le_" + s);
  add_one<[](T a, T b) { return (a > b); }>(t, "gt_" + s);
  add_one<[](T a, T b) { return (a < b || a > b); }>(t, "lg_" + s);
  add_one<[](T a, T b) { return (a >= b); }>(t, "ge_" + s);
  add_one<[](T a, T b) { return !is_nan(a) && !is_nan(b); }>(t, "o_" + s);
  add_one<[](T a, T b) { return is_nan(a) || is_nan(b); }>(t, "u_" + s);
  add_one<[](T a, T b) { return !(a >= b); }>(t, "nge_" + s);
  add_one<[](T a, T b) { return !(a < b || a > b); }>(t, "nlg_" + s);
  add_one<[](T a, T b) { return !(a > b); }>(t, "ngt_" + s);
  add_one<[](T a, T b) { return !(a <= b); }>(t, "nle_" + s);
  add_one<[](T a, T b) { return !(a == b); }>(t, "neq_" + s);
  add_one<[](T a, T b) { return !(a < b); }>(t, "nlt_" + s);
  add_one<[](T, T) { return false; }>(t, "f_" + s);
  add_one<[](T, T) { return true; }>(t, "tru_" + s);
}

// Bits 0 to 9: signalling and quiet NaN, then -infinity to +infinity.
template <class T>
bool is_of_class(T value, u32 classes) {
  unsigned which = 0;
  if (is_nan(value)) {
    which = is_signalling(value) ? 0 : 1;
  } else {
    const unsigned distance = is_inf(value) ? 3 : is_zero(value) ? 0 : is_denormal(value) ? 1 : 2;
    which = is_negative(value) ? 5 - distance : 6 + distance;
  }
  return (classes >> which & 1U) != 0;
}

}  // namespace

void add_vector_comparisons(Table& table) {
  add_integer<std::int32_t>(table, "i32");
  add_integer<u32>(table, "u32");
  add_integer<std::int64_t>(table, "i64");
  add_integer<u64>(table, "u64");
  add_integer<std::int16_t>(table, "i16");
  add_integer<u16>(table, "u16");
  add_real<float>(table, "f32");
  add_real<double>(table, "f64");
  add_real<half>(table, "f16");
  add_one<[](float a, u32 b) { return is_of_class(a, b); }>(table, "class_f32");
  add_one<[](double a, u32 b) { return is_of_class(a, b); }>(table, "class_f64");
  add_one<[](half a, u16 b) { return is_of_class(a, u32{b}); }>(table, "class_f16");
}

}  // namespace rocmfix::sim::isa
