// SPDX-License-Identifier: MIT
#include "gpu/isa/parse.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gpu/isa/operand_text.hpp"
#include "util/words.hpp"

namespace rocmfix::sim::isa {

namespace {

// The parts that are not empty.
std::vector<std::string_view> split_outside_brackets(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      const auto part = trimmed(text.substr(start, i - start));
      if (!part.empty()) {
        parts.push_back(part);
      }
      start = i + 1;
    } else if (text[i] == '[' || text[i] == '(') {
      ++depth;
    } else if (text[i] == ']' || text[i] == ')') {
      --depth;
    }
  }
  return parts;
}

// "[1,0,1]"
bool bits(std::string_view text, std::uint8_t& out, unsigned& count) {
  if (!eat(text, "[") || !eat_end(text, "]")) {
    return false;
  }
  out = 0;
  count = 0;
  for (const std::string_view bit : split_outside_brackets(text, ',')) {
    unsigned value = 0;
    if (!number(bit, value) || value > 1 || count > 3) {
      return false;
    }
    out = static_cast<std::uint8_t>(out | value << count++);
  }
  return true;
}

bool flag_modifier(std::string_view text, Instruction& out) {
  const std::array<std::pair<std::string_view, bool*>, 8> flags = {{{"clamp", &out.clamp},
                                                                    {"glc", &out.glc},
                                                                    {"dlc", &out.dlc},
                                                                    {"slc", &out.slc},
                                                                    {"offen", &out.offen},
                                                                    {"idxen", &out.idxen},
                                                                    {"gds", &out.gds},
                                                                    {"lds", &out.lds}}};
  for (const auto& [name, flag] : flags) {
    if (text == name) {
      *flag = true;
      return true;
    }
  }
  return text == "high";
}

// What DPP and SDWA instructions have in their second word.
bool is_in_the_encoding(std::string_view name) {
  constexpr std::array<std::string_view, 16> names = {
      "quad_perm",  "row_shl",   "row_shr",    "row_ror",     "row_share", "row_xmask",
      "row_mask",   "bank_mask", "bound_ctrl", "fi",          "dpp8",      "dst_sel",
      "dst_unused", "src0_sel",  "src1_sel",   "row_newbcast"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool modifier(std::string_view text, Instruction& out) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return flag_modifier(text, out) || text == "row_mirror" || text == "row_half_mirror";
  }
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = text.substr(colon + 1);
  unsigned count = 0;
  if (name == "op_sel") {
    return bits(value, out.op_sel, count);
  }
  if (name == "op_sel_hi") {
    return bits(value, out.op_sel_hi, count);
  }
  if (name == "neg_lo") {
    return bits(value, out.neg_lo, count);
  }
  if (name == "neg_hi") {
    return bits(value, out.neg_hi, count);
  }
  if (name == "offset") {
    return value.starts_with("swizzle(") || number(value, out.offset);
  }
  if (name == "offset0" || name == "offset1") {
    return number(value, name == "offset0" ? out.offset0 : out.offset1);
  }
  if (name == "mul" || name == "div") {
    out.omod = name == "div" ? 3 : value == "2" ? 1 : 2;
    return value == "2" || value == "4";
  }
  return is_in_the_encoding(name);
}

bool is_modifier(std::string_view word) {
  Instruction scratch;
  return modifier(word, scratch);
}

Instruction::Form form_of(std::string_view mnemonic, const Instruction& in) {
  constexpr std::uint32_t dpp8 = 0xe9;
  constexpr std::uint32_t dpp8_fi = 0xea;
  if (mnemonic.ends_with("_sdwa")) {
    return Instruction::Form::sdwa;
  }
  if (!mnemonic.ends_with("_dpp")) {
    return Instruction::Form::plain;
  }
  const std::uint32_t source = in.words[0] & 0x1ffU;
  return source == dpp8 || source == dpp8_fi ? Instruction::Form::dpp8 : Instruction::Form::dpp;
}

// The modifiers follow the last operand, separated by blanks.
bool parse_rest(std::string_view rest, Instruction& out) {
  for (const std::string_view part : split_outside_brackets(rest, ',')) {
    bool first = true;
    for (const std::string_view word : split_outside_brackets(part, ' ')) {
      const bool is_operand = first && !is_modifier(word);
      first = false;
      if (!is_operand) {
        if (!modifier(word, out)) {
          return false;
        }
        continue;
      }
      if (out.count == out.operands.size() || !parse_operand(word, out.operands.at(out.count))) {
        return false;
      }
      ++out.count;
    }
  }
  return true;
}

}  // namespace

std::string_view base_name(std::string_view mnemonic) {
  for (const std::string_view suffix : {"_e32", "_e64", "_dpp", "_sdwa"}) {
    if (eat_end(mnemonic, suffix)) {
      break;
    }
  }
  return mnemonic;
}

bool parse(std::string_view text, Instruction& out) {
  text = trimmed(text);
  const auto blank = text.find_first_of(" \t");
  const std::string_view mnemonic = text.substr(0, blank);
  out.text = text;
  out.name = base_name(mnemonic);
  out.form = form_of(mnemonic, out);
  // Not printed if it is what these have by default.
  if (out.name.starts_with("v_pk_") || out.name.starts_with("v_dot")) {
    out.op_sel_hi = 7;
  }
  if (blank == std::string_view::npos) {
    return true;
  }
  // SOPP and SOPK have their constant in the encoding, and words for it in the text.
  if (out.name == "s_waitcnt" || out.name == "s_sendmsg" || out.name == "s_sendmsghalt") {
    return true;
  }
  return parse_rest(text.substr(blank), out);
}

}  // namespace rocmfix::sim::isa
