// SPDX-License-Identifier: MIT
#include "gpu/isa/operand_text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace rocmfix::sim::isa {

namespace {

using Kind = Operand::Kind;

// "12" or "[2:3]"
bool registers(std::string_view text, Operand& out, unsigned base) {
  unsigned first = 0;
  unsigned last = 0;
  if (eat(text, "[")) {
    const auto colon = text.find(':');
    if (!eat_end(text, "]")) {
      return false;
    }
    const bool single = colon == std::string_view::npos;
    if (!number(text.substr(0, colon), first) ||
        !number(single ? text : text.substr(colon + 1), last)) {
      return false;
    }
  } else {
    if (!number(text, first)) {
      return false;
    }
    last = first;
  }
  const unsigned most = out.kind == Kind::vector ? 255 : 127;
  if (last < first || base + last > most || last - first >= 16) {
    return false;
  }
  out.index = static_cast<std::uint16_t>(base + first);
  out.size = static_cast<std::uint8_t>(last - first + 1);
  return true;
}

struct Named {
  std::string_view name;
  Kind kind;
  std::uint16_t index;
  std::uint8_t size;
};
constexpr std::array<Named, 18> named = {{
    {"off", Kind::none, 0, 1},
    {"vcc", Kind::scalar, vcc_lo, 2},
    {"vcc_lo", Kind::scalar, vcc_lo, 1},
    {"vcc_hi", Kind::scalar, vcc_lo + 1, 1},
    {"exec", Kind::scalar, exec_lo, 2},
    {"exec_lo", Kind::scalar, exec_lo, 1},
    {"exec_hi", Kind::scalar, exec_hi, 1},
    {"m0", Kind::scalar, m0, 1},
    {"null", Kind::scalar, null_register, 1},
    {"src_shared_base", Kind::shared_base, 0, 1},
    {"src_shared_limit", Kind::shared_limit, 0, 1},
    {"src_private_base", Kind::private_base, 0, 1},
    {"src_private_limit", Kind::private_limit, 0, 1},
    {"src_vccz", Kind::vccz, 0, 1},
    {"src_execz", Kind::execz, 0, 1},
    {"src_scc", Kind::scc, 0, 1},
    {"vccz", Kind::vccz, 0, 1},
    {"execz", Kind::execz, 0, 1},
}};

bool plain_operand(std::string_view text, Operand& out) {
  const auto* const found =
      std::find_if(named.begin(), named.end(), [&](const Named& n) { return n.name == text; });
  if (found != named.end()) {
    out.kind = found->kind;
    out.index = found->index;
    out.size = found->size;
    return true;
  }
  if (text.starts_with("ttmp")) {
    out.kind = Kind::scalar;
    return registers(text.substr(4), out, ttmp0);
  }
  if (text.size() > 1 && (text[0] == 'v' || text[0] == 's') &&
      (text[1] == '[' || (text[1] >= '0' && text[1] <= '9'))) {
    out.kind = text[0] == 'v' ? Kind::vector : Kind::scalar;
    return registers(text.substr(1), out, 0);
  }
  if (number(text, out.integer)) {
    out.kind = text.starts_with("0x") ? Kind::literal : Kind::integer;
    return true;
  }
  if (text.find('.') != std::string_view::npos && text.find('(') == std::string_view::npos) {
    constexpr double half_inverse_pi = 0.15915494309189532;  // printed with as few digits as fit
    out.kind = Kind::inline_float;
    out.real = text.starts_with("0.159") ? half_inverse_pi : std::strtod(text.data(), nullptr);
    return true;
  }
  out.kind = Kind::other;
  return text.find('(') != std::string_view::npos || text.find(':') != std::string_view::npos;
}

}  // namespace

bool parse_operand(std::string_view text, Operand& out) {
  if (eat(text, "sext(")) {
    return eat_end(text, ")") && plain_operand(text, out);  // SDWA's encoding says so as well
  }
  if (eat(text, "neg(")) {
    out.negate = true;
    return eat_end(text, ")") && parse_operand(text, out);
  }
  // A sign belongs to a number, and is a modifier of anything else.
  if (text.size() > 1 && text[0] == '-' && (text[1] < '0' || text[1] > '9')) {
    out.negate = true;
    text.remove_prefix(1);
  }
  if (eat(text, "|")) {
    out.absolute = true;
    if (!eat_end(text, "|")) {
      return false;
    }
  }
  return plain_operand(text, out);
}

}  // namespace rocmfix::sim::isa
