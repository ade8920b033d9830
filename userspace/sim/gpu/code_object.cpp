// SPDX-License-Identifier: MIT
#include "gpu/code_object.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "gpu/message_pack.hpp"

namespace rocmfix::sim {

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t furthest_header = 64ULL << 20U;
constexpr std::size_t largest_notes = 16U << 20U;
constexpr std::uint32_t note_amdgpu_metadata = 32;  // NT_AMDGPU_METADATA
constexpr std::size_t longest_name = 1024;
constexpr unsigned deepest_metadata = 32;  // compilers write some 6 levels

class LoadedElf {
 public:
  LoadedElf(Process& process, unsigned gpu, std::uint64_t base)
      : process_(process), gpu_(gpu), base_(base) {}

  template <class T>
  bool read(std::uint64_t va, T& out) {
    return !process_.memory.read(gpu_, va, &out, sizeof out);
  }
  bool read(std::uint64_t va, std::vector<char>& out) {
    return !process_.memory.read(gpu_, va, out.data(), out.size());
  }
  std::string read_string(std::uint64_t va) {
    std::string text;
    char c = 0;
    while (text.size() < longest_name && read(va + text.size(), c) && c != 0) {
      text += c;
    }
    return text;
  }
  /// Program headers of a type.
  std::vector<Elf64_Phdr> segments(std::uint32_t type) {
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> found;
    if (!read(base_, header) || header.e_phnum > 64) {
      return found;
    }
    for (unsigned i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr segment{};
      if (read(base_ + header.e_phoff + i * sizeof segment, segment) && segment.p_type == type) {
        found.push_back(segment);
      }
    }
    return found;
  }
  [[nodiscard]] std::uint64_t base() const { return base_; }

 private:
  Process& process_;
  unsigned gpu_;
  std::uint64_t base_;
};

// The header begins a page of the same mapping, below the descriptor.
std::optional<std::uint64_t> find_elf(Process& process, unsigned gpu, std::uint64_t descriptor) {
  const auto entry = process.memory.entry(gpu, descriptor);
  if (!entry) {
    return std::nullopt;
  }
  const std::uint64_t lowest =
      std::max(entry->start, descriptor > furthest_header ? descriptor - furthest_header : 0);
  for (std::uint64_t at = descriptor / page * page; at >= lowest; at -= page) {
    Elf64_Ehdr header{};
    if (!process.memory.read(gpu, at, &header, sizeof header) &&
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
        header.e_machine == 224) {  // EM_AMDGPU
      return at;
    }
    if (at < page) {
      break;
    }
  }
  return std::nullopt;
}

std::string find_symbol(LoadedElf& elf, std::uint64_t descriptor) {
  std::uint64_t symbols = 0;
  std::uint64_t strings = 0;
  std::uint64_t hash = 0;
  for (const Elf64_Phdr& segment : elf.segments(PT_DYNAMIC)) {
    for (std::uint64_t at = 0; at < segment.p_memsz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry{};
      if (!elf.read(elf.base() + segment.p_vaddr + at, entry)) {
        break;
      }
      symbols = entry.d_tag == DT_SYMTAB ? entry.d_un.d_ptr : symbols;
      strings = entry.d_tag == DT_STRTAB ? entry.d_un.d_ptr : strings;
      hash = entry.d_tag == DT_HASH ? entry.d_un.d_ptr : hash;
    }
  }
  std::uint32_t count = 0;
  if (hash == 0 || !elf.read(elf.base() + hash + 4, count)) {  // nchain: as many as symbols
    count =
        strings > symbols ? static_cast<std::uint32_t>((strings - symbols) / sizeof(Elf64_Sym)) : 0;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Elf64_Sym symbol{};
    if (!elf.read(elf.base() + symbols + i * sizeof symbol, symbol)) {
      break;
    }
    if (elf.base() + symbol.st_value == descriptor) {
      return elf.read_string(elf.base() + strings + symbol.st_name);
    }
  }
  return {};
}

std::vector<KernelArgument> arguments_of(const nlohmann::json& kernel) {
  std::vector<KernelArgument> arguments;
  for (const auto& argument : kernel.value(".args", nlohmann::json::array())) {
    if (!argument.value(".value_kind", std::string()).starts_with("hidden_")) {
      arguments.push_back({argument.value(".name", std::string()),
                           argument.value(".offset", std::size_t{0}),
                           argument.value(".size", std::size_t{0})});
    }
  }
  return arguments;
}

// Elf notes: name "AMDGPU", then MessagePack.
std::vector<KernelArgument> find_arguments(LoadedElf& elf, const std::string& symbol) {
  for (const Elf64_Phdr& segment : elf.segments(PT_NOTE)) {
    std::vector<char> notes(std::min<std::size_t>(segment.p_memsz, largest_notes));
    if (!elf.read(elf.base() + segment.p_vaddr, notes)) {
      continue;
    }
    for (std::size_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
      Elf64_Nhdr note{};
      std::memcpy(&note, notes.data() + at, sizeof note);
      const std::size_t text = at + sizeof note + (std::size_t{note.n_namesz} + 3) / 4 * 4;
      if (text > notes.size() || note.n_descsz > notes.size() - text) {
        break;
      }
      if (note.n_type == note_amdgpu_metadata &&
          message_pack_depth(notes.data() + text, note.n_descsz) <= deepest_metadata) {
        const auto metadata = nlohmann::json::from_msgpack(
            notes.begin() + static_cast<std::ptrdiff_t>(text),
            notes.begin() + static_cast<std::ptrdiff_t>(text + note.n_descsz), true, false);
        if (metadata.is_object()) {
          for (const auto& kernel : metadata.value("amdhsa.kernels", nlohmann::json::array())) {
            if (kernel.value(".symbol", std::string()) == symbol) {
              return arguments_of(kernel);
            }
          }
        }
      }
      at = text + (std::size_t{note.n_descsz} + 3) / 4 * 4;
    }
  }
  return {};
}

}  // namespace

std::optional<KernelInfo> find_kernel_info(Process& process, unsigned gpu,
                                           std::uint64_t descriptor) {
  const auto base = find_elf(process, gpu, descriptor);
  if (!base) {
    return std::nullopt;
  }
  LoadedElf elf(process, gpu, *base);
  const std::string symbol = find_symbol(elf, descriptor);
  if (symbol.empty()) {
    return std::nullopt;
  }
  constexpr std::string_view suffix = ".kd";
  KernelInfo info;
  info.name = symbol.ends_with(suffix) ? symbol.substr(0, symbol.size() - suffix.size()) : symbol;
  info.arguments = find_arguments(elf, symbol);
  return info;
}

}  // namespace rocmfix::sim
