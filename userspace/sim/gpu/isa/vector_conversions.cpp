// SPDX-License-Identifier: MIT
// VALU: conversions between integers and floating point. To an integer they saturate; NaN becomes
// 0.
#include <algorithm>

#include "gpu/isa/lanes.hpp"
#include "gpu/isa/table.hpp"

namespace rocmfix::sim::isa {

namespace {

template <class To, class From>
To saturated(From value) {
  const auto wide = static_cast<double>(value);
  if (std::isnan(wide)) {
    return 0;
  }
  return static_cast<To>(std::clamp(std::trunc(wide),
                                    static_cast<double>(std::numeric_limits<To>::min()),
                                    static_cast<double>(std::numeric_limits<To>::max())));
}

void add_integers(Table& t) {
  t.add("v_cvt_f32_i32", vector_op<[](i32 a) { return static_cast<float>(a); }>);
  t.add("v_cvt_f32_u32", vector_op<[](u32 a) { return static_cast<float>(a); }>);
  t.add("v_cvt_f64_i32", vector_op<[](i32 a) { return static_cast<double>(a); }>);
  t.add("v_cvt_f64_u32", vector_op<[](u32 a) { return static_cast<double>(a); }>);
  t.add("v_cvt_f16_i16", vector_op<[](i16 a) { return static_cast<half>(static_cast<float>(a)); }>);
  t.add("v_cvt_f16_u16", vector_op<[](u16 a) { return static_cast<half>(static_cast<float>(a)); }>);
  t.add("v_cvt_i32_f32", vector_op<[](float a) { return saturated<i32>(a); }>);
  t.add("v_cvt_u32_f32", vector_op<[](float a) { return saturated<u32>(a); }>);
  t.add("v_cvt_i32_f64", vector_op<[](double a) { return saturated<i32>(a); }>);
  t.add("v_cvt_u32_f64", vector_op<[](double a) { return saturated<u32>(a); }>);
  t.add("v_cvt_i16_f16", vector_op<[](half a) { return saturated<i16>(a); }>);
  t.add("v_cvt_u16_f16", vector_op<[](half a) { return saturated<u16>(a); }>);
  t.add("v_cvt_rpi_i32_f32",
        vector_op<[](float a) { return saturated<i32>(std::floor(a + 0.5F)); }>);
  t.add("v_cvt_flr_i32_f32", vector_op<[](float a) { return saturated<i32>(std::floor(a)); }>);
  t.add("v_cvt_f32_ubyte0", vector_op<[](u32 a) { return static_cast<float>(a & 0xffU); }>);
  t.add("v_cvt_f32_ubyte1", vector_op<[](u32 a) { return static_cast<float>(a >> 8U & 0xffU); }>);
  t.add("v_cvt_f32_ubyte2", vector_op<[](u32 a) { return static_cast<float>(a >> 16U & 0xffU); }>);
  t.add("v_cvt_f32_ubyte3", vector_op<[](u32 a) { return static_cast<float>(a >> 24U); }>);
  t.add("v_cvt_off_f32_i4", vector_op<[](u32 a) {
          const i32 nibble = (static_cast<i32>(a << 28U) >> 28);
          return static_cast<float>(nibble) / 16.0F;
        }>);
}

void add_reals(Table& t) {
  t.add("v_cvt_f32_f64", vector_op<[](double a) { return static_cast<float>(a); }>);
  t.add("v_cvt_f64_f32", vector_op<[](float a) { return static_cast<double>(a); }>);
  t.add("v_cvt_f16_f32", vector_op<[](float a) { return static_cast<half>(a); }>);
  t.add("v_cvt_f32_f16", vector_op<[](half a) { return static_cast<float>(a); }>);
}

u32 pack(u32 low, u32 high) {
  return (low & 0xffffU) | high << 16U;
}
// To halves, rounded towards zero whatever the mode says. Not by the processor's own mode, which
// the compiler does not know to matter for a conversion.
half truncated(float value) {
  const auto nearest = static_cast<half>(value);
  const bool too_large = std::fabs(static_cast<float>(nearest)) > std::fabs(value);
  return too_large ? from_bits<half>(to_bits(nearest) - 1) : nearest;
}
template <class To, class From>
u32 normalised(From value) {
  constexpr auto most = static_cast<double>(std::numeric_limits<To>::max());
  const double scaled =
      std::clamp(static_cast<double>(value), std::is_signed_v<To> ? -1.0 : 0.0, 1.0);
  return std::isnan(scaled) ? 0 : static_cast<u32>(static_cast<i32>(std::nearbyint(scaled * most)));
}

void add_packs(Table& t) {
  t.add("v_cvt_pkrtz_f16_f32", vector_op<[](float a, float b) {
          return pack(static_cast<u32>(to_bits(truncated(a))),
                      static_cast<u32>(to_bits(truncated(b))));
        }>);
  t.add("v_pack_b32_f16", vector_op<[](half a, half b) {
          return pack(static_cast<u32>(to_bits(a)), static_cast<u32>(to_bits(b)));
        }>);
  t.add("v_cvt_pk_u16_u32",
        vector_op<[](u32 a, u32 b) { return pack(std::min(a, 0xffffU), std::min(b, 0xffffU)); }>);
  t.add("v_cvt_pk_i16_i32", vector_op<[](i32 a, i32 b) {
          return pack(static_cast<u32>(std::clamp(a, -32768, 32767)),
                      static_cast<u32>(std::clamp(b, -32768, 32767)));
        }>);
  t.add("v_cvt_pknorm_i16_f32",
        vector_op<[](float a, float b) { return pack(normalised<i16>(a), normalised<i16>(b)); }>);
  t.add("v_cvt_pknorm_u16_f32",
        vector_op<[](float a, float b) { return pack(normalised<u16>(a), normalised<u16>(b)); }>);
  t.add("v_cvt_pknorm_i16_f16",
        vector_op<[](half a, half b) { return pack(normalised<i16>(a), normalised<i16>(b)); }>);
  t.add("v_cvt_pknorm_u16_f16",
        vector_op<[](half a, half b) { return pack(normalised<u16>(a), normalised<u16>(b)); }>);
}

}  // namespace

void add_vector_conversions(Table& table) {
  add_integers(table);
  add_reals(table);
  add_packs(table);
}

}  // namespace rocmfix::sim::isa
