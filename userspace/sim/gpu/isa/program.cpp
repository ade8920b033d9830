// SPDX-License-Identifier: MIT
#include "gpu/isa/program.hpp"

#include <cstring>

#include "gpu/isa/parse.hpp"
#include "gpu/isa/table.hpp"
#include "gpu/isa/wave.hpp"
#include "gpu/isa/wrong_result.hpp"
#include "util/formatted.hpp"

namespace rocmfix::sim::isa {

namespace {

constexpr std::size_t longest_instruction = 20;

// Its text has what is wrong with it.
void illegal(Wave& wave, const Instruction& in) {
  wave.halt(Stop::Why::illegal_instruction, in.text);
}

std::size_t read_what_is_mapped(Memory& memory, std::uint64_t base, std::uint8_t* out,
                                std::size_t size) {
  if (memory.fetch(base, out, size)) {
    return size;
  }
  const std::uint64_t end = memory.fault().address;
  if (end <= base || end - base >= size) {
    return 0;
  }
  const std::size_t some = end - base;
  return memory.fetch(base, out, some) ? some : 0;
}

}  // namespace

std::unique_ptr<Program> Program::open(const std::string& target, bool wave64, std::string& error) {
  auto program = std::make_unique<Program>();
  program->target_ = target;
  program->wave64_ = wave64;
  program->disassembler_ = Disassembler::open(target, wave64, error);
  return program->disassembler_ == nullptr ? nullptr : std::move(program);
}

Program::Page* Program::page_at(std::uint64_t base, Memory& memory) {
  const auto found = pages_.find(base);
  if (found != pages_.end()) {
    return found->second.get();
  }
  auto page = std::make_unique<Page>();
  page->size = read_what_is_mapped(memory, base, page->bytes.data(), page->bytes.size());
  if (page->size == 0) {
    return nullptr;
  }
  return (pages_[base] = std::move(page)).get();
}

void Program::find_page(std::uint64_t pc, Cursor& cursor, Memory& memory) {
  const std::lock_guard lock(mutex_);
  cursor.base = pc & ~page_mask;
  cursor.page = page_at(cursor.base, memory);
  if (cursor.page == nullptr) {
    cursor.base = ~std::uint64_t{0};
  }
}

const Instruction* Program::decode(std::uint64_t pc, Cursor& cursor, Memory& memory) {
  const std::lock_guard lock(mutex_);
  const std::size_t at = pc & page_mask;
  if (at >= cursor.page->size) {
    std::array<std::uint8_t, 1> byte{};
    memory.fetch(pc, byte.data(), byte.size());
    return nullptr;
  }
  std::array<std::uint8_t, longest_instruction> bytes{};
  std::size_t size = std::min(cursor.page->size - at, bytes.size());
  std::memcpy(bytes.data(), cursor.page->bytes.data() + at, size);
  if (size < bytes.size() && cursor.page->size == cursor.page->bytes.size()) {
    if (const Page* const next = page_at(cursor.base + cursor.page->bytes.size(), memory)) {
      const std::size_t more = std::min(bytes.size() - size, next->size);
      std::memcpy(bytes.data() + size, next->bytes.data(), more);
      size += more;
    }
  }
  Instruction& out = instructions_.emplace_back();
  out.address = pc;
  std::memcpy(out.words.data(), bytes.data(), bytes.size());
  decode_bytes(out, bytes.data(), size);
  cursor.page->instructions[at / 4].store(&out, std::memory_order_release);
  return &out;
}

void Program::decode_bytes(Instruction& out, const std::uint8_t* bytes, std::size_t size) {
  std::string text;
  const std::size_t length =
      out.address % 4 == 0 ? disassembler_->decode(bytes, size, out.address, text) : 0;
  out.run = illegal;
  out.size = 4;
  if (length == 0) {
    out.text = explain_unknown(out, bytes, size);
    return;
  }
  out.size = static_cast<std::uint32_t>(length);
  const bool understood = parse(text, out);
  const Handler handler = Table::all().find(out.name);
  if (handler == nullptr) {
    out.text = formatted("{} is not simulated", text);
  } else if (!understood) {
    out.text = formatted("the operands of {} are not simulated", text);
  } else {
    out.run = is_to_be_wrong(out.name) ? run_wrong : handler;
  }
}

// What another target would take it for: the usual reason is code that was built for one.
std::string Program::explain_unknown(const Instruction& in, const std::uint8_t* bytes,
                                     std::size_t size) {
  if (in.address % 4 != 0) {
    return formatted("there is no instruction at {:#x}, which is not a multiple of 4", in.address);
  }
  for (const char* const other : {"gfx1030", "gfx1012", "gfx1010", "gfx1100", "gfx906"}) {
    std::string ignored;
    std::string text;
    const auto disassembler = Disassembler::open(other, wave64_, ignored);
    if (other != target_ && disassembler != nullptr &&
        disassembler->decode(bytes, size, in.address, text) != 0) {
      return formatted("{} is an instruction of {}, and {} does not have it", text, other, target_);
    }
  }
  return formatted("{:#010x} is not an instruction of {}", in.words[0], target_);
}

bool Program::is_current(Memory& memory) {
  const std::lock_guard lock(mutex_);
  std::array<std::uint8_t, 4096> bytes{};
  for (const auto& [base, page] : pages_) {
    if (!memory.fetch(base, bytes.data(), page->size) ||
        std::memcmp(bytes.data(), page->bytes.data(), page->size) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace rocmfix::sim::isa
