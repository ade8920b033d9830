// SPDX-License-Identifier: MIT
#include "gpu/isa/wave.hpp"

#include <bit>

namespace rocmfix::sim::isa {

namespace {

std::uint64_t special(const Wave& wave, const Operand& operand) {
  using Kind = Operand::Kind;
  constexpr std::uint64_t limit = 0xffffffffU;
  switch (operand.kind) {
    case Kind::shared_base:
      return shared_aperture;
    case Kind::shared_limit:
      return shared_aperture | limit;
    case Kind::private_base:
      return private_aperture;
    case Kind::private_limit:
      return private_aperture | limit;
    case Kind::vccz:
      return wave.mask_at(vcc_lo) == 0 ? 1 : 0;
    case Kind::execz:
      return wave.exec() == 0 ? 1 : 0;
    case Kind::scc:
      return wave.scc ? 1 : 0;
    default:
      return 0;
  }
}

}  // namespace

std::uint32_t scalar32(const Wave& wave, const Operand& operand) {
  using Kind = Operand::Kind;
  switch (operand.kind) {
    case Kind::scalar:
      return wave.s[operand.index];
    case Kind::integer:
    case Kind::literal:
      return static_cast<std::uint32_t>(operand.integer);
    case Kind::inline_float:
      return std::bit_cast<std::uint32_t>(static_cast<float>(operand.real));
    // As 32-bit operands these are the upper half of the 64-bit ones.
    case Kind::shared_base:
    case Kind::shared_limit:
    case Kind::private_base:
    case Kind::private_limit:
      return static_cast<std::uint32_t>(special(wave, operand) >> 32U);
    default:
      return static_cast<std::uint32_t>(special(wave, operand));
  }
}

std::uint64_t scalar64(const Wave& wave, const Operand& operand, bool sign) {
  using Kind = Operand::Kind;
  switch (operand.kind) {
    case Kind::scalar:
      return operand.index == null_register
                 ? 0
                 : wave.s[operand.index] | std::uint64_t{wave.s[operand.index + 1U]} << 32U;
    case Kind::integer:
      return static_cast<std::uint64_t>(operand.integer);
    case Kind::literal: {
      const auto word = static_cast<std::uint32_t>(operand.integer);
      return sign ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(word)})
                  : word;
    }
    case Kind::inline_float:
      return std::bit_cast<std::uint64_t>(operand.real);
    default:
      return special(wave, operand);
  }
}

LaneMask mask_of(const Wave& wave, const Operand& operand) {
  return wave.lanes == 64 ? scalar64(wave, operand) : scalar32(wave, operand);
}

}  // namespace rocmfix::sim::isa
