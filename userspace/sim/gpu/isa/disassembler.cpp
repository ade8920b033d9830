// SPDX-License-Identifier: MIT
#include "gpu/isa/disassembler.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string_view>

namespace rocmfix::sim::isa {

namespace {

struct Llvm {
  // NOLINTBEGIN(readability-identifier-naming): LLVM's names
  void (*LLVMInitializeAMDGPUTargetInfo)() = nullptr;
  void (*LLVMInitializeAMDGPUTarget)() = nullptr;
  void (*LLVMInitializeAMDGPUTargetMC)() = nullptr;
  void (*LLVMInitializeAMDGPUDisassembler)() = nullptr;
  void* (*LLVMCreateDisasmCPUFeatures)(const char* triple, const char* cpu, const char* features,
                                       void* info, int tag, void* get_info,
                                       void* look_up) = nullptr;
  std::size_t (*LLVMDisasmInstruction)(void* context, std::uint8_t* bytes, std::uint64_t size,
                                       std::uint64_t pc, char* out, std::size_t out_size) = nullptr;
  void (*LLVMDisasmDispose)(void* context) = nullptr;
  // NOLINTEND(readability-identifier-naming)
  std::string error;
};

template <class Function>
bool find(void* library, const char* name, Function& out) {
  out = reinterpret_cast<Function>(dlsym(library, name));
  return out != nullptr;
}

bool bind(void* library, Llvm& out) {
  return find(library, "LLVMInitializeAMDGPUTargetInfo", out.LLVMInitializeAMDGPUTargetInfo) &&
         find(library, "LLVMInitializeAMDGPUTarget", out.LLVMInitializeAMDGPUTarget) &&
         find(library, "LLVMInitializeAMDGPUTargetMC", out.LLVMInitializeAMDGPUTargetMC) &&
         find(library, "LLVMInitializeAMDGPUDisassembler", out.LLVMInitializeAMDGPUDisassembler) &&
         find(library, "LLVMCreateDisasmCPUFeatures", out.LLVMCreateDisasmCPUFeatures) &&
         find(library, "LLVMDisasmInstruction", out.LLVMDisasmInstruction) &&
         find(library, "LLVMDisasmDispose", out.LLVMDisasmDispose);
}

// Debian's names, from 12 to sid. One that is in the process already costs nothing.
constexpr std::array<const char*, 9> names = {
    "libLLVM.so.22.1", "libLLVM.so.21.1", "libLLVM.so.20.1", "libLLVM.so.19.1", "libLLVM.so.18.1",
    "libLLVM-17.so.1", "libLLVM-16.so.1", "libLLVM-15.so.1", "libLLVM-14.so.1"};

Llvm load() {
  Llvm llvm;
  for (const int flags : {RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD, RTLD_NOW | RTLD_LOCAL}) {
    for (const char* const name : names) {
      void* const library = dlopen(name, flags);
      if (library != nullptr && bind(library, llvm)) {
        llvm.LLVMInitializeAMDGPUTargetInfo();
        llvm.LLVMInitializeAMDGPUTarget();
        llvm.LLVMInitializeAMDGPUTargetMC();
        llvm.LLVMInitializeAMDGPUDisassembler();
        return llvm;
      }
    }
  }
  llvm = {};
  llvm.error = "there is no libLLVM with an AMDGPU disassembler, version 14 or later";
  return llvm;
}

const Llvm& llvm() {
  static const auto* const loaded = new Llvm(load());  // for the life of the process
  return *loaded;
}

// LLVM 14 does not know every target. These have the same instructions: FeatureISAVersion10_3_0 is
// what LLVM has for all of them.
std::string processor(const std::string& target) {
  return target.starts_with("gfx103") ? "gfx1030" : target;
}

using Words = std::array<std::uint32_t, 2>;

// A VOP1, VOP2 or VOPC instruction with SDWA, and a selection that there is not: printing it ends
// the process, in every version of LLVM from 14 to 22.
bool is_impossible_sdwa(const Words& words) {
  constexpr unsigned sdwa = 0xf9;
  constexpr unsigned no_selection = 7;
  constexpr unsigned no_unused = 3;
  if ((words[0] >> 31U) != 0 || (words[0] & 0x1ffU) != sdwa) {
    return false;
  }
  const auto has = [&](unsigned shift) { return (words[1] >> shift & 7U) == no_selection; };
  const unsigned encoding = words[0] >> 25U;
  const bool compares = encoding == 0x3e;  // VOPC, which has no destination to select in
  const bool one_source = encoding == 0x3f;
  return has(16) || (!one_source && has(24)) ||
         (!compares && (has(8) || (words[1] >> 11U & 3U) == no_unused));
}

// v_cmpx as VOP3: it writes EXEC whatever its destination's field has. LLVM up to 15 leaves 0
// there, later versions put EXEC's number there, and decode nothing else.
bool name_exec(Words& words) {
  constexpr unsigned vop3 = 0x35;
  constexpr unsigned exec = 0x7e;
  const unsigned operation = words[0] >> 16U & 0x3ffU;
  if (words[0] >> 26U != vop3 || operation > 0xff || (operation & 0x10U) == 0) {
    return false;
  }
  words[0] = (words[0] & ~0xffU) | exec;
  return true;
}

std::mutex& open_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

}  // namespace

std::unique_ptr<Disassembler> Disassembler::open(const std::string& target, bool wave64,
                                                 std::string& error) {
  const std::lock_guard lock(open_mutex());
  if (!llvm().error.empty()) {
    error = llvm().error;
    return nullptr;
  }
  void* const context = llvm().LLVMCreateDisasmCPUFeatures(
      "amdgcn-amd-amdhsa", processor(target).c_str(),
      wave64 ? "+wavefrontsize64,-wavefrontsize32" : "+wavefrontsize32,-wavefrontsize64", nullptr,
      0, nullptr, nullptr);
  if (context == nullptr) {
    error = "libLLVM has no disassembler for " + target;
    return nullptr;
  }
  return std::unique_ptr<Disassembler>(new Disassembler(context));
}

Disassembler::~Disassembler() {
  llvm().LLVMDisasmDispose(context_);
}

std::size_t Disassembler::decode(const std::uint8_t* bytes, std::size_t size, std::uint64_t address,
                                 std::string& text) {
  std::array<std::uint8_t, 20> copy{};
  size = std::min(size, copy.size());
  std::memcpy(copy.data(), bytes, size);
  Words words{};
  std::memcpy(words.data(), copy.data(), sizeof words);
  if (is_impossible_sdwa(words)) {
    return 0;
  }
  if (name_exec(words)) {
    std::memcpy(copy.data(), words.data(), sizeof words);
  }
  std::array<char, 512> out{};
  const std::size_t length =
      llvm().LLVMDisasmInstruction(context_, copy.data(), size, address, out.data(), out.size());
  const std::string_view printed = out.data();
  const auto first = printed.find_first_not_of(" \t");
  text = first == std::string_view::npos ? std::string_view{} : printed.substr(first);
  return text.empty() ? 0 : length;
}

}  // namespace rocmfix::sim::isa
