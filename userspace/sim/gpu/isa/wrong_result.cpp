// SPDX-License-Identifier: MIT
#include "gpu/isa/wrong_result.hpp"

#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"

namespace rocmfix::sim::isa {

namespace {

struct Mistake {
  std::string_view name;
  std::uint64_t every = 1;
};

Mistake read_mistake() {
  const char* const asked = std::getenv("ROCMFIX_SIM_WRONG");  // NOLINT(concurrency-mt-unsafe)
  const std::string_view text = asked == nullptr ? "" : asked;
  const std::size_t colon = text.find(':');
  Mistake mistake{.name = text.substr(0, colon)};
  if (colon != std::string_view::npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), mistake.every);
  }
  return mistake;
}

const Mistake& mistake() {
  static const Mistake read = read_mistake();
  return read;
}

}  // namespace

bool is_to_be_wrong(std::string_view name) {
  return !mistake().name.empty() && name == mistake().name && mistake().every != 0;
}

void run_wrong(Wave& wave, const Instruction& in) {
  static std::atomic<std::uint64_t> times = 0;
  Table::all().find(in.name)(wave, in);
  if (!wave.running() || ++times % mistake().every != 0) {
    return;
  }
  const Operand& result = in.operands.front();
  if (result.kind == Operand::Kind::vector && wave.exec() != 0) {
    wave.v[result.index][static_cast<unsigned>(__builtin_ctzll(wave.exec()))] ^= 1U;
  } else if (result.kind == Operand::Kind::scalar) {
    wave.set32(result.index, wave.s[result.index] ^ 1U);
  }
}

}  // namespace rocmfix::sim::isa
