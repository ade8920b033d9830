// SPDX-License-Identifier: MIT
// From bytes to the assembler's text, by LLVM's disassembler: its C interface, which has been the
// same from LLVM 14 to 22, in whichever libLLVM this system has. It is loaded when first needed, so
// that nothing here is linked with LLVM; a HIP runtime has brought one into the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rocmfix::sim::isa {

class Disassembler {
 public:
  /// `target` is "gfx1030". nullptr: `error` says why.
  static std::unique_ptr<Disassembler> open(const std::string& target, bool wave64,
                                            std::string& error);
  ~Disassembler();
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;
  Disassembler(Disassembler&&) = delete;
  Disassembler& operator=(Disassembler&&) = delete;

  /// The instruction's size in bytes; 0: this target has no such instruction.
  std::size_t decode(const std::uint8_t* bytes, std::size_t size, std::uint64_t address,
                     std::string& text);

 private:
  explicit Disassembler(void* context) : context_(context) {}
  void* context_;
};

}  // namespace rocmfix::sim::isa
