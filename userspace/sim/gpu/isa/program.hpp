// SPDX-License-Identifier: MIT
// Decoded code of one kernel: each instruction is decoded when it is first reached, and kept. As
// the GPU's instruction cache it does not notice stores to code while a kernel runs; before the
// next dispatch it is compared with memory. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gpu/isa/disassembler.hpp"
#include "gpu/isa/instruction.hpp"
#include "gpu/isa/memory.hpp"

namespace rocmfix::sim::isa {

class Program {
 public:
  /// nullptr: `error` says why.
  static std::unique_ptr<Program> open(const std::string& target, bool wave64, std::string& error);

  struct Page {
    std::array<std::uint8_t, 4096> bytes{};
    std::size_t size = 0;  ///< of what is mapped
    std::array<std::atomic<const Instruction*>, 1024> instructions{};
  };
  /// Where a thread is; it saves the look-up of the page.
  struct Cursor {
    std::uint64_t base = ~std::uint64_t{0};
    Page* page = nullptr;
  };
  /// nullptr: no instruction can be fetched there; memory.fault() says where.
  const Instruction* at(std::uint64_t pc, Cursor& cursor, Memory& memory) {
    if ((pc & ~page_mask) != cursor.base) {
      find_page(pc, cursor, memory);
    }
    if (cursor.page == nullptr) {
      return nullptr;
    }
    const Instruction* const known =
        cursor.page->instructions[(pc & page_mask) / 4].load(std::memory_order_acquire);
    return known != nullptr && known->address == pc ? known : decode(pc, cursor, memory);
  }
  /// Memory has what it had when it was decoded.
  bool is_current(Memory& memory);

 private:
  static constexpr std::uint64_t page_mask = 4095;
  void find_page(std::uint64_t pc, Cursor& cursor, Memory& memory);
  Page* page_at(std::uint64_t base, Memory& memory);
  const Instruction* decode(std::uint64_t pc, Cursor& cursor, Memory& memory);
  void decode_bytes(Instruction& out, const std::uint8_t* bytes, std::size_t size);
  std::string explain_unknown(const Instruction& in, const std::uint8_t* bytes, std::size_t size);

  std::string target_;
  bool wave64_ = false;
  std::unique_ptr<Disassembler> disassembler_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::deque<Instruction> instructions_;
};

}  // namespace rocmfix::sim::isa
