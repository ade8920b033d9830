// SPDX-License-Identifier: MIT
// An instruction of GFX10 as the interpreter runs it: who executes it, on which operands, with
// which modifiers. Decoded once for each address.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace rocmfix::sim::isa {

struct Wave;
struct Instruction;
using Handler = void (*)(Wave& wave, const Instruction& in);

/// Numbers of scalar registers, as the encodings have them.
enum Scalar : std::uint8_t {
  vcc_lo = 106,
  ttmp0 = 108,
  m0 = 124,
  null_register = 125,
  exec_lo = 126,
  exec_hi = 127,
};

struct Operand {
  enum class Kind : std::uint8_t {
    none,          ///< "off"
    vector,        ///< v0 to v255
    scalar,        ///< by Scalar's numbers
    integer,       ///< an inline constant, sign-extended
    inline_float,  ///< 0.5, 1.0, 2.0, 4.0, 1/2pi and their negatives: `real`
    literal,       ///< 32 bits that follow the instruction
    shared_base,
    shared_limit,
    private_base,
    private_limit,
    vccz,
    execz,
    scc,
    other,  ///< in words: hwreg(...), sendmsg(...); the encoding says what it is
  };
  Kind kind = Kind::none;
  std::uint8_t size = 1;  ///< registers
  bool negate = false, absolute = false;
  std::uint16_t index = 0;
  std::int64_t integer = 0;
  double real = 0;
};

struct Instruction {
  enum class Form : std::uint8_t { plain, dpp, dpp8, sdwa };

  Handler run = nullptr;
  std::uint64_t address = 0;
  std::uint32_t size = 0;  ///< bytes
  std::array<std::uint32_t, 5> words{};
  std::array<Operand, 8> operands;
  unsigned count = 0;  ///< of operands
  Form form = Form::plain;
  bool clamp = false, glc = false, dlc = false, slc = false;
  bool offen = false, idxen = false, gds = false, lds = false;
  std::uint8_t omod = 0;  ///< 1: times 2, 2: times 4, 3: half
  std::uint8_t op_sel = 0, op_sel_hi = 0, neg_lo = 0, neg_hi = 0;
  std::int32_t offset = 0, offset0 = 0, offset1 = 0;
  std::string name;  ///< without the encoding's suffix
  std::string text;  ///< as the disassembler prints it

  /// SOPP's and SOPK's constant.
  [[nodiscard]] std::int16_t simm16() const {
    return static_cast<std::int16_t>(words[0] & 0xffffU);
  }
  /// The word of a DPP or SDWA instruction that follows the first.
  [[nodiscard]] std::uint32_t extension() const { return words[1]; }
};

}  // namespace rocmfix::sim::isa
