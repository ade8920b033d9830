// SPDX-License-Identifier: MIT
// A vector instruction's operands, lane by lane: modifiers, halves of registers, DPP, SDWA, clamp
// and output modifiers; and the templates that make a handler of a function of plain C++ types:
//
//   table.add("v_add_f32", vector_op<[](float a, float b) { return a + b; }>);
//
// Real types take part in the mode's denormals and rounding; unsigned ones are bits.
#pragma once

#include "gpu/isa/floats.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

/// Takes a source through DPP: what each lane reads, and which lanes take part.
LaneMask read_dpp(const Wave& wave, const Instruction& in, const LaneArray& from, LaneArray& to);
/// Through SDWA's selection for source `number`.
void read_sdwa(const Instruction& in, unsigned number, const std::uint32_t* from,
               std::uint32_t constant, LaneArray& to);
/// `value` as SDWA's destination leaves it in a register that holds `old`.
std::uint32_t write_sdwa(const Instruction& in, std::uint32_t old, std::uint32_t value);

template <class T>
std::uint64_t constant_bits(const Wave& wave, const Operand& operand) {
  if constexpr (sizeof(T) == 8) {
    if (std::is_same_v<T, double> && operand.kind == Operand::Kind::literal) {
      return static_cast<std::uint64_t>(operand.integer) << 32U;
    }
    return scalar64(wave, operand, std::is_signed_v<T>);
  } else {
    if (sizeof(T) == 2 && operand.kind == Operand::Kind::inline_float) {
      return to_bits(static_cast<half>(operand.real));
    }
    return scalar32(wave, operand);
  }
}

template <class T>
class Source {
 public:
  /// `at`: which operand; `number`: which source, as op_sel and SDWA count. `active` loses the
  /// lanes that DPP leaves out.
  Source(const Wave& wave, const Instruction& in, unsigned at, unsigned number, LaneMask& active)
      : operand_(in.operands[at]) {
    if (operand_.kind == Operand::Kind::vector) {
      low_ = wave.v[operand_.index].data();
      if constexpr (sizeof(T) == 8) {
        high_ = wave.v[operand_.index + 1U].data();
      }
    } else {
      constant_ = constant_bits<T>(wave, operand_);
    }
    if (in.form == Instruction::Form::sdwa && number < 2) {
      read_sdwa(in, number, low_, static_cast<std::uint32_t>(constant_), buffer_);
      low_ = buffer_.data();
    } else if (number == 0 && in.form != Instruction::Form::plain &&
               in.form != Instruction::Form::sdwa) {
      active &= read_dpp(wave, in, wave.v[operand_.index], buffer_);
      low_ = buffer_.data();
    }
    if constexpr (sizeof(T) == 2) {
      shift_ = (in.op_sel >> number & 1U) * 16U;
    }
    if constexpr (is_real<T>) {
      flush_ = Mode{wave.mode}.flushes_input<T>();
    }
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  Source(Source&&) = delete;
  Source& operator=(Source&&) = delete;
  ~Source() = default;

  T operator[](unsigned lane) const {
    std::uint64_t bits = low_ == nullptr ? constant_ : low_[lane];
    if constexpr (sizeof(T) == 8) {
      bits |= high_ == nullptr ? 0 : std::uint64_t{high_[lane]} << 32U;
    }
    bits >>= shift_;
    if (operand_.absolute) {
      bits &= ~sign_bit<T>;
    }
    if (operand_.negate) {
      bits ^= sign_bit<T>;
    }
    const T value = from_bits<T>(bits);
    if constexpr (is_real<T>) {
      return flush_ ? flushed(value) : value;
    } else {
      return value;
    }
  }

 private:
  const Operand& operand_;
  const std::uint32_t* low_ = nullptr;
  const std::uint32_t* high_ = nullptr;
  std::uint64_t constant_ = 0;
  unsigned shift_ = 0;
  bool flush_ = false;
  LaneArray buffer_;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled when it is used
};

/// Output modifiers work only where denormals are flushed and the IEEE bit is off, and make -0 0
/// (RDNA 2's manual, "Output Modifiers").
template <class T>
T scaled_output(const Instruction& in, T value) {
  constexpr std::array<float, 4> factors = {1, 2, 4, 0.5F};
  const T scaled = flushed(static_cast<T>(value * static_cast<T>(factors.at(in.omod))));
  return is_zero(scaled) ? T{0} : scaled;
}

template <class T>
T finish_real(const Wave& wave, const Instruction& in, T value) {
  const Mode mode{wave.mode};
  if (mode.flushes_output<T>()) {
    value = in.omod != 0 && !mode.ieee() ? scaled_output(in, value) : flushed(value);
  }
  if (in.clamp) {
    if (is_nan(value)) {
      return mode.dx10_clamp() ? T{0} : value;
    }
    value = value > T{0} ? (value < static_cast<T>(1) ? value : static_cast<T>(1)) : T{0};
  }
  return value;
}

/// `sources`: how many the instruction has; op_sel's bit for the destination comes after theirs.
template <class T>
void write_lane(Wave& wave, const Instruction& in, unsigned at, unsigned sources, unsigned lane,
                T value) {
  if constexpr (is_real<T>) {
    value = finish_real(wave, in, value);
  }
  const std::uint64_t bits = to_bits(value);
  std::uint32_t& low = wave.v[in.operands[at].index][lane];
  if constexpr (sizeof(T) == 8) {
    wave.v[in.operands[at].index + 1U][lane] = static_cast<std::uint32_t>(bits >> 32U);
  }
  if (in.form == Instruction::Form::sdwa) {
    low = write_sdwa(in, low, static_cast<std::uint32_t>(bits));
  } else if constexpr (sizeof(T) == 2) {
    // GFX10's 16-bit instructions leave the other half as it is.
    const bool high = (in.op_sel >> sources & 1U) != 0;
    low = high ? (low & 0xffffU) | static_cast<std::uint32_t>(bits << 16U)
               : (low & 0xffff0000U) | static_cast<std::uint32_t>(bits);
  } else {
    low = static_cast<std::uint32_t>(bits);
  }
}

/// Rounds as the mode says for results of type T, if they are real.
template <class T>
unsigned rounding_for(const Wave& wave) {
  if constexpr (is_real<T>) {
    return Mode{wave.mode}.rounding<T>();
  } else {
    return 0;
  }
}

template <auto F, class D, class A>
void run_unary(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<A> a(wave, in, 1, 0, active);
  const Rounding rounding(rounding_for<D>(wave));
  each(active, [&](unsigned lane) { write_lane<D>(wave, in, 0, 1, lane, F(a[lane])); });
}

template <auto F, class D, class A, class B>
void run_binary(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<A> a(wave, in, 1, 0, active);
  const Source<B> b(wave, in, 2, 1, active);
  const Rounding rounding(rounding_for<D>(wave));
  each(active, [&](unsigned lane) { write_lane<D>(wave, in, 0, 2, lane, F(a[lane], b[lane])); });
}

/// `Third`: which operand the third source is; 0: the destination's old value (v_fmac_f32).
template <auto F, unsigned Third, class D, class A, class B, class C>
void run_ternary(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<A> a(wave, in, 1, 0, active);
  const Source<B> b(wave, in, 2, 1, active);
  const Source<C> c(wave, in, Third, 2, active);
  const Rounding rounding(rounding_for<D>(wave));
  each(active, [&](unsigned lane) {
    write_lane<D>(wave, in, 0, Third == 0 ? 2 : 3, lane, F(a[lane], b[lane], c[lane]));
  });
}

/// With a second result, a bit a lane, which goes to the scalar register that is operand 1:
/// F(a, b, c, bit).
template <auto F, class D, class AB, class C>
void run_with_bits(Wave& wave, const Instruction& in) {
  LaneMask active = wave.exec();
  const Source<AB> a(wave, in, 2, 0, active);
  const Source<AB> b(wave, in, 3, 1, active);
  const Source<C> c(wave, in, 4, 2, active);
  LaneMask bits = 0;
  each(active, [&](unsigned lane) {
    bool bit = false;
    write_lane<D>(wave, in, 0, 3, lane, F(a[lane], b[lane], c[lane], bit));
    bits |= static_cast<LaneMask>(bit) << lane;
  });
  wave.set_mask_at(in.operands[1].index, bits);
}

template <auto F, unsigned Third>
struct Pick {
  template <class D, class A>
  static constexpr Handler of(D (* /*unused*/)(A)) {
    return run_unary<F, D, A>;
  }
  template <class D, class A, class B>
  static constexpr Handler of(D (* /*unused*/)(A, B)) {
    return run_binary<F, D, A, B>;
  }
  template <class D, class A, class B, class C>
  static constexpr Handler of(D (* /*unused*/)(A, B, C)) {
    return run_ternary<F, Third, D, A, B, C>;
  }
};

template <auto F>
constexpr Handler vector_op = Pick<F, 3>::of(+F);
template <auto F>
constexpr Handler accumulate_op = Pick<F, 0>::of(+F);

/// One function without, another with `clamp`: integers that saturate.
template <auto F, auto Saturating>
void run_saturating(Wave& wave, const Instruction& in) {
  (in.clamp ? vector_op<Saturating> : vector_op<F>)(wave, in);
}
template <auto F, auto Saturating>
constexpr Handler saturating_op = run_saturating<F, Saturating>;

/// `first`: the operand of the first source. The lanes that take part and for which F holds.
template <auto F, class A, class B>
LaneMask compare_lanes(const Wave& wave, const Instruction& in, unsigned first) {
  LaneMask active = wave.exec();
  const Source<A> a(wave, in, first, 0, active);
  const Source<B> b(wave, in, first + 1, 1, active);
  LaneMask result = 0;
  each(active,
       [&](unsigned lane) { result |= static_cast<LaneMask>(F(a[lane], b[lane])) << lane; });
  return result;
}

template <auto F, class A, class B>
void run_compare(Wave& wave, const Instruction& in) {
  wave.set_mask_at(in.operands[0].index, compare_lanes<F, A, B>(wave, in, 1));
}
template <auto F, class A, class B>
void run_compare_exec(Wave& wave, const Instruction& in) {
  wave.set_exec(compare_lanes<F, A, B>(wave, in, 0));
}

template <auto F>
struct PickCompare {
  template <class A, class B>
  static constexpr Handler plain(bool (* /*unused*/)(A, B)) {
    return run_compare<F, A, B>;
  }
  template <class A, class B>
  static constexpr Handler exec(bool (* /*unused*/)(A, B)) {
    return run_compare_exec<F, A, B>;
  }
};

}  // namespace rocmfix::sim::isa
